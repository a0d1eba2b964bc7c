-- What registration and results providers tell, in one form whoever told it. Ids of the provider's own are text as it writes them.

-- A provider's event: one or more races on one occasion.
create table normalized_events (
    id          blob    not null primary key,
    partner_id  blob    not null references timing_partners (id),
    provider    text    not null,
    external_id text    not null,
    name        text    not null,
    starts_at   integer,
    created_at  integer not null,
    updated_at  integer not null,
    unique (partner_id, provider, external_id)
);

-- Somebody who is registered for a race of an event.
create table normalized_participants (
    id          blob    not null primary key,
    partner_id  blob    not null references timing_partners (id),
    event_id    blob    not null references normalized_events (id),
    external_id text    not null,
    bib         text,
    first_name  text    not null,
    last_name   text    not null,
    sex         text,
    age         integer,
    city        text,
    state       text,
    country     text,
    race        text,
    wave        text,
    division    text,
    team        text,
    updated_at  integer not null,
    unique (event_id, external_id)
);

create index normalized_participants_by_bib on normalized_participants (event_id, bib);

-- What a participant did by one point of the course; the finish is the last of them.
create table normalized_results (
    participant_id blob    not null references normalized_participants (id),
    point          text    not null,            -- 'finish', or the split's name
    partner_id     blob    not null references timing_partners (id),
    event_id       blob    not null references normalized_events (id),
    net_ms         integer,                     -- from crossing the start
    gun_ms         integer,                     -- from the gun
    overall_place  integer,
    sex_place      integer,
    division_place integer,
    status         text    not null,            -- 'finished', or as the provider says why not
    updated_at     integer not null,
    primary key (participant_id, point)
);

create index normalized_results_by_event on normalized_results (event_id, point, overall_place);

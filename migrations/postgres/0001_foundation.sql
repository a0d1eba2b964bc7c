-- The tables of a Gantry server.
--
-- Ids are UUIDv7 (made in Rust, so they sort by age). Times are unix milliseconds.
-- Every row that belongs to a timing partner carries partner_id, even where a parent row already tells it,
-- so that every query can be bound to one partner without a join.

-- A timing company. Nothing that belongs to one is ever shown to another.
create table timing_partners (
    id         uuid    not null primary key,
    name       text    not null unique,
    created_at bigint  not null
);

create table users (
    id            uuid    not null primary key,
    email         text    not null unique,     -- lower case
    password_hash text    not null,            -- argon2id in PHC form
    created_at    bigint  not null
);

-- What a user may do for a partner.
create table memberships (
    user_id    uuid    not null references users (id),
    partner_id uuid    not null references timing_partners (id),
    role       text    not null check (role in ('owner', 'operator', 'viewer')),
    created_at bigint  not null,
    primary key (user_id, partner_id)
);

create index memberships_by_partner on memberships (partner_id);

-- Bearer tokens. Only a hash is kept; a token is bound to a partner once one is selected.
create table tokens (
    hash       bytea   not null primary key,   -- SHA-256 of the token
    user_id    uuid    not null references users (id),
    partner_id uuid    references timing_partners (id),
    created_at bigint  not null,
    expires_at bigint  not null
);

create index tokens_by_user on tokens (user_id);

-- A stream of reads from the hardware: one event of one partner on one local day.
create table timing_sessions (
    id         uuid    not null primary key,
    partner_id uuid    not null references timing_partners (id),
    name       text    not null,               -- what operators see; begins as the event name
    event_name text    not null,               -- as the hardware tells it
    race_day   text    not null,               -- YYYY-MM-DD in the timing zone
    created_at bigint  not null,
    unique (partner_id, event_name, race_day)
);

-- A mat, as the hardware names it.
create table timing_locations (
    timing_session_id uuid    not null references timing_sessions (id),
    name              text    not null,
    partner_id        uuid    not null references timing_partners (id),
    created_at        bigint  not null,
    primary key (timing_session_id, name)
);

-- One numbering of reads: a connection id of the hardware at one location. It outlives TCP connections, and
-- last_sequence says where to resume. The figures change in the transaction that stores the reads they count.
create table timing_streams (
    id                uuid    not null primary key,
    partner_id        uuid    not null references timing_partners (id),
    timing_session_id uuid    not null,
    connection        text    not null,        -- the hardware's own connection id
    location          text    not null,
    last_sequence     bigint  not null,        -- highest sequence received; 0 before the first
    reads             bigint  not null,        -- reads stored from this stream; repeats are not counted
    first_read_at     bigint,                 -- when the first stored read was received
    last_read_at      bigint,
    created_at        bigint  not null,
    unique (timing_session_id, connection, location),
    foreign key (timing_session_id, location) references timing_locations (timing_session_id, name)
);

-- Every read there ever was, append-only.
--
-- Two keys keep repeats out. A stream's sequence is unique: the hardware sends everything again after a bare start.
-- And a restarted client sends the same reads under a new connection id, so what it says about a read is unique
-- within the session as well.
create table timing_reads (
    position          bigint  not null primary key,  -- shared with session_events: the order in which things were stored
    partner_id        uuid    not null references timing_partners (id),
    timing_session_id uuid    not null references timing_sessions (id),
    stream_id         uuid    not null references timing_streams (id),
    location          text    not null,
    sequence          bigint  not null,
    tag               text    not null,
    kind              text    not null check (kind in ('chip', 'gun')),
    at                bigint  not null,
    wire_time         text    not null,
    lap               bigint,
    reader            text    not null,
    gator             text    not null,
    received_at       bigint  not null,
    raw               bytea   not null,
    unique (stream_id, sequence),
    unique (timing_session_id, location, sequence, tag, wire_time, reader)
);

create index timing_reads_by_session on timing_reads (timing_session_id, position);

-- Lines that were no reads: answers, announcements and whatever could not be understood, kept as they came.
create table timing_lines (
    id                uuid    not null primary key,
    partner_id        uuid    not null references timing_partners (id),
    timing_session_id uuid    references timing_sessions (id),
    peer              text    not null,        -- address and port of the sender
    received_at       bigint  not null,
    fault             text,                    -- why the line was refused; null when it was understood
    raw               bytea   not null
);

-- An operator's workspace.
create table display_sessions (
    id           uuid    not null primary key,
    partner_id   uuid    not null references timing_partners (id),
    name         text    not null,
    mode         text    not null check (mode in ('pre_race', 'results')),
    template_id  text    not null,
    participants bigint  not null default 0,   -- in the newest roster
    created_at   bigint  not null,
    updated_at   bigint  not null,
    deleted_at   bigint
);

create index display_sessions_by_partner on display_sessions (partner_id, id);

-- The timing sessions whose reads a display session sees.
create table display_session_bindings (
    display_session_id uuid    not null references display_sessions (id),
    timing_session_id  uuid    not null references timing_sessions (id),
    partner_id         uuid    not null references timing_partners (id),
    created_at         bigint  not null,
    primary key (display_session_id, timing_session_id)
);

create index display_session_bindings_by_timing_session on display_session_bindings (timing_session_id);

-- What operators did to a display session. With the bound sessions' reads, in order of position, this is all there is
-- to know about a board.
create table session_events (
    position           bigint  not null primary key,
    display_session_id uuid    not null references display_sessions (id),
    partner_id         uuid    not null references timing_partners (id),
    kind               text    not null check (kind in ('roster', 'settings')),
    at                 bigint  not null,
    body               text    not null        -- JSON with a version of its own
);

create index session_events_by_session on session_events (display_session_id, position);

-- A display: one shareable address. Ids are never used twice, so rows are never deleted.
create table display_urls (
    id                 text    not null primary key,
    partner_id         uuid    not null references timing_partners (id),
    display_session_id uuid    not null references display_sessions (id),
    created_at         bigint  not null,
    expires_at         bigint  not null,
    revoked_at         bigint
);

create index display_urls_by_partner on display_urls (partner_id, created_at);

-- The second fence between partners. Queries run as one of two roles that own nothing here and cannot pass row policies by:
-- gantry_partner sees the rows of the partner that its connection was fenced for, gantry_server those of all. Roles are shared
-- by the databases of a server, and somebody without the right to make roles may have made them beforehand.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['gantry_partner', 'gantry_server'] loop
        begin
            execute format('create role %I nologin', wanted);
        exception when duplicate_object or unique_violation then
            null;
        end;
        if not pg_has_role(current_user, wanted, 'member') then
            execute format('grant %I to current_user', wanted);
        end if;
    end loop;
end $$;

grant usage on schema public to gantry_partner, gantry_server;

-- People and tokens belong to no partner; only the server's own work touches them.
grant select, insert, update, delete on timing_partners, users, tokens to gantry_server;

-- The partner that a connection is fenced for; null, which equals nothing, when it is fenced for none.
create function fenced_partner() returns uuid language sql stable
    return nullif(current_setting('gantry.partner', true), '')::uuid;

-- Puts a table whose rows have a partner_id behind the fence.
create procedure fence_off(name text) language plpgsql as $$
begin
    execute format('alter table %I enable row level security', name);
    execute format('grant select, insert, update, delete on %I to gantry_partner, gantry_server', name);
    execute format('create policy partner on %I to gantry_partner using (partner_id = fenced_partner())', name);
    execute format('create policy server on %I to gantry_server using (true)', name);
end $$;

call fence_off('memberships');
call fence_off('timing_sessions');
call fence_off('timing_locations');
call fence_off('timing_streams');
call fence_off('timing_reads');
call fence_off('timing_lines');
call fence_off('display_sessions');
call fence_off('display_session_bindings');
call fence_off('session_events');
call fence_off('display_urls');

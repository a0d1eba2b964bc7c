-- The tables of a Gantry server.
--
-- Ids are UUIDv7 (16 bytes, made in Rust, so they sort by age). Times are unix milliseconds.
-- Every row that belongs to a timing partner carries partner_id, even where a parent row already tells it,
-- so that every query can be bound to one partner without a join.

-- A timing company. Nothing that belongs to one is ever shown to another.
create table timing_partners (
    id         blob    not null primary key,
    name       text    not null unique,
    created_at integer not null
);

create table users (
    id            blob    not null primary key,
    email         text    not null unique,     -- lower case
    password_hash text    not null,            -- argon2id in PHC form
    created_at    integer not null
);

-- What a user may do for a partner.
create table memberships (
    user_id    blob    not null references users (id),
    partner_id blob    not null references timing_partners (id),
    role       text    not null check (role in ('owner', 'operator', 'viewer')),
    created_at integer not null,
    primary key (user_id, partner_id)
);

create index memberships_by_partner on memberships (partner_id);

-- Bearer tokens. Only a hash is kept; a token is bound to a partner once one is selected.
create table tokens (
    hash       blob    not null primary key,   -- SHA-256 of the token
    user_id    blob    not null references users (id),
    partner_id blob    references timing_partners (id),
    created_at integer not null,
    expires_at integer not null
);

create index tokens_by_user on tokens (user_id);

-- A stream of reads from the hardware: one event of one partner on one local day.
create table timing_sessions (
    id         blob    not null primary key,
    partner_id blob    not null references timing_partners (id),
    name       text    not null,               -- what operators see; begins as the event name
    event_name text    not null,               -- as the hardware tells it
    race_day   text    not null,               -- YYYY-MM-DD in the timing zone
    created_at integer not null,
    unique (partner_id, event_name, race_day)
);

-- A mat, as the hardware names it.
create table timing_locations (
    timing_session_id blob    not null references timing_sessions (id),
    name              text    not null,
    partner_id        blob    not null references timing_partners (id),
    created_at        integer not null,
    primary key (timing_session_id, name)
);

-- One numbering of reads: a connection id of the hardware at one location. It outlives TCP connections, and
-- last_sequence says where to resume. The figures change in the transaction that stores the reads they count.
create table timing_streams (
    id                blob    not null primary key,
    partner_id        blob    not null references timing_partners (id),
    timing_session_id blob    not null,
    connection        text    not null,        -- the hardware's own connection id
    location          text    not null,
    last_sequence     integer not null,        -- highest sequence received; 0 before the first
    reads             integer not null,        -- reads stored from this stream; repeats are not counted
    first_read_at     integer,                 -- when the first stored read was received
    last_read_at      integer,
    created_at        integer not null,
    unique (timing_session_id, connection, location),
    foreign key (timing_session_id, location) references timing_locations (timing_session_id, name)
);

-- Every read there ever was, append-only.
--
-- Two keys keep repeats out. A stream's sequence is unique: the hardware sends everything again after a bare start.
-- And a restarted client sends the same reads under a new connection id, so what it says about a read is unique
-- within the session as well.
create table timing_reads (
    position          integer not null primary key,  -- shared with session_events: the order in which things were stored
    partner_id        blob    not null references timing_partners (id),
    timing_session_id blob    not null references timing_sessions (id),
    stream_id         blob    not null references timing_streams (id),
    location          text    not null,
    sequence          integer not null,
    tag               text    not null,
    kind              text    not null check (kind in ('chip', 'gun')),
    at                integer not null,
    wire_time         text    not null,
    lap               integer,
    reader            text    not null,
    gator             text    not null,
    received_at       integer not null,
    raw               blob    not null,
    unique (stream_id, sequence),
    unique (timing_session_id, location, sequence, tag, wire_time, reader)
);

create index timing_reads_by_session on timing_reads (timing_session_id, position);

-- Lines that were no reads: answers, announcements and whatever could not be understood, kept as they came.
create table timing_lines (
    id                blob    not null primary key,
    partner_id        blob    not null references timing_partners (id),
    timing_session_id blob    references timing_sessions (id),
    peer              text    not null,        -- address and port of the sender
    received_at       integer not null,
    fault             text,                    -- why the line was refused; null when it was understood
    raw               blob    not null
);

-- An operator's workspace.
create table display_sessions (
    id           blob    not null primary key,
    partner_id   blob    not null references timing_partners (id),
    name         text    not null,
    mode         text    not null check (mode in ('pre_race', 'results')),
    template_id  text    not null,
    participants integer not null default 0,   -- in the newest roster
    created_at   integer not null,
    updated_at   integer not null,
    deleted_at   integer
);

create index display_sessions_by_partner on display_sessions (partner_id, id);

-- The timing sessions whose reads a display session sees.
create table display_session_bindings (
    display_session_id blob    not null references display_sessions (id),
    timing_session_id  blob    not null references timing_sessions (id),
    partner_id         blob    not null references timing_partners (id),
    created_at         integer not null,
    primary key (display_session_id, timing_session_id)
);

create index display_session_bindings_by_timing_session on display_session_bindings (timing_session_id);

-- What operators did to a display session. With the bound sessions' reads, in order of position, this is all there is
-- to know about a board.
create table session_events (
    position           integer not null primary key,
    display_session_id blob    not null references display_sessions (id),
    partner_id         blob    not null references timing_partners (id),
    kind               text    not null check (kind in ('roster', 'settings')),
    at                 integer not null,
    body               text    not null        -- JSON with a version of its own
);

create index session_events_by_session on session_events (display_session_id, position);

-- A display: one shareable address. Ids are never used twice, so rows are never deleted.
create table display_urls (
    id                 text    not null primary key,
    partner_id         blob    not null references timing_partners (id),
    display_session_id blob    not null references display_sessions (id),
    created_at         integer not null,
    expires_at         integer not null,
    revoked_at         integer
);

create index display_urls_by_partner on display_urls (partner_id, created_at);

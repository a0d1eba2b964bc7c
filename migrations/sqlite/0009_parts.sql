-- Timing sessions as operators arrange them. What hardware sent stays where it was stored, in its recording: the timing session that
-- it opened. What operators see in a timing session are parts of recordings.

-- Sessions that operators split off are of an event and day that there is already, so the key of what hardware opens must not hold
-- for them. It was part of the table, which is therefore made anew; migrations run with foreign keys off.
create table timing_sessions_anew (
    id          blob    not null primary key,
    partner_id  blob    not null references timing_partners (id),
    name        text    not null,                               -- what operators see; begins as the event name
    event_name  text    not null,                               -- as the hardware tells it
    race_day    text    not null,                               -- YYYY-MM-DD in the timing zone
    created_at  integer not null,
    pinned_at   integer,                                        -- not null: its reads stay, whatever their age
    closed_at   integer,                                        -- not null: what hardware sends from its next coming on goes elsewhere
    reopened_at integer,                                        -- hardware goes on in it as if it had sent a read then
    merged_into blob    references timing_sessions (id),        -- not null: shown no more, its parts are that session's
    split_from  blob    references timing_sessions (id)         -- not null: it was not opened by hardware, so it is no recording
);

insert into timing_sessions_anew (id, partner_id, name, event_name, race_day, created_at, pinned_at)
    select id, partner_id, name, event_name, race_day, created_at, pinned_at from timing_sessions;
drop table timing_sessions;
alter table timing_sessions_anew rename to timing_sessions;
create index timing_sessions_by_partner on timing_sessions (partner_id, id);
create unique index timing_sessions_of_hardware on timing_sessions (partner_id, event_name, race_day) where split_from is null;

-- What of a recording belongs to which timing session. The parts of a recording do not overlap, and leave nothing out. Most recordings
-- have a single part, which is all of it and has the recording's id. A part that is not all of it has figures of its own, which are
-- counted on as reads come in.
create table timing_session_parts (
    id                blob    not null primary key,
    partner_id        blob    not null references timing_partners (id),
    timing_session_id blob    not null references timing_sessions (id),
    recording_id      blob    not null references timing_sessions (id),
    from_at           integer not null,        -- reads that happened at or after this
    until_at          integer not null,        -- and before this
    after_position    integer not null,        -- that were stored after this position
    up_to_position    integer not null,        -- and not after this one
    counted_to        integer not null,        -- up to this position they are counted
    first_position    integer,                 -- of the reads counted
    last_position     integer
);

create index timing_session_parts_by_session on timing_session_parts (partner_id, timing_session_id);
create index timing_session_parts_by_recording on timing_session_parts (recording_id);

insert into timing_session_parts (id, partner_id, timing_session_id, recording_id, from_at, until_at, after_position, up_to_position, counted_to)
    select id, partner_id, id, id, -9223372036854775807, 9223372036854775807, 0, 9223372036854775807, 0 from timing_sessions;

-- What was counted in a part, mat by mat.
create table timing_part_figures (
    part_id       blob    not null references timing_session_parts (id),
    location      text    not null,
    partner_id    blob    not null references timing_partners (id),
    reads         integer not null,
    first_read_at integer not null,            -- when the first was received
    last_read_at  integer not null,
    primary key (part_id, location)
);

-- What an operator knows better than the hardware about the times of a mat. While redated_at is null, reads that are stored may
-- still have the times that they had before.
create table timing_corrections (
    recording_id blob    not null references timing_sessions (id),
    location     text    not null,
    partner_id   blob    not null references timing_partners (id),
    ahead_ms     integer not null,             -- how far its clocks were ahead: so much is taken off
    first_day    text,                         -- YYYY-MM-DD of its first read, where the hardware sends no dates
    set_at       integer not null,
    redated_at   integer,
    primary key (recording_id, location)
);

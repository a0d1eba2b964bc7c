-- Timing sessions as operators arrange them. What hardware sent stays where it was stored, in its recording: the timing session that
-- it opened. What operators see in a timing session are parts of recordings.

alter table timing_sessions add column closed_at bigint;     -- not null: what hardware sends from its next coming on goes elsewhere
alter table timing_sessions add column reopened_at bigint;   -- hardware goes on in it as if it had sent a read then
alter table timing_sessions add column merged_into uuid references timing_sessions (id);   -- not null: shown no more, its parts are that session's
alter table timing_sessions add column split_from uuid references timing_sessions (id);    -- not null: it was not opened by hardware, so it is no recording

-- Sessions that operators split off are of an event and day that there is already, so the key holds for what hardware opens only.
alter table timing_sessions drop constraint timing_sessions_partner_id_event_name_race_day_key;
create unique index timing_sessions_of_hardware on timing_sessions (partner_id, event_name, race_day) where split_from is null;

-- What of a recording belongs to which timing session. The parts of a recording do not overlap, and leave nothing out. Most recordings
-- have a single part, which is all of it and has the recording's id. A part that is not all of it has figures of its own, which are
-- counted on as reads come in.
create table timing_session_parts (
    id                uuid   not null primary key,
    partner_id        uuid   not null references timing_partners (id),
    timing_session_id uuid   not null references timing_sessions (id),
    recording_id      uuid   not null references timing_sessions (id),
    from_at           bigint not null,        -- reads that happened at or after this
    until_at          bigint not null,        -- and before this
    after_position    bigint not null,        -- that were stored after this position
    up_to_position    bigint not null,        -- and not after this one
    counted_to        bigint not null,        -- up to this position they are counted
    first_position    bigint,                 -- of the reads counted
    last_position     bigint
);

create index timing_session_parts_by_session on timing_session_parts (partner_id, timing_session_id);
create index timing_session_parts_by_recording on timing_session_parts (recording_id);

insert into timing_session_parts (id, partner_id, timing_session_id, recording_id, from_at, until_at, after_position, up_to_position, counted_to)
    select id, partner_id, id, id, -9223372036854775807, 9223372036854775807, 0, 9223372036854775807, 0 from timing_sessions;

-- What was counted in a part, mat by mat.
create table timing_part_figures (
    part_id       uuid   not null references timing_session_parts (id),
    location      text   not null,
    partner_id    uuid   not null references timing_partners (id),
    reads         bigint not null,
    first_read_at bigint not null,            -- when the first was received
    last_read_at  bigint not null,
    primary key (part_id, location)
);

-- What an operator knows better than the hardware about the times of a mat. While redated_at is null, reads that are stored may
-- still have the times that they had before.
create table timing_corrections (
    recording_id uuid   not null references timing_sessions (id),
    location     text   not null,
    partner_id   uuid   not null references timing_partners (id),
    ahead_ms     bigint not null,             -- how far its clocks were ahead: so much is taken off
    first_day    text,                        -- YYYY-MM-DD of its first read, where the hardware sends no dates
    set_at       bigint not null,
    redated_at   bigint,
    primary key (recording_id, location)
);

call fence_off('timing_session_parts');
call fence_off('timing_part_figures');
call fence_off('timing_corrections');

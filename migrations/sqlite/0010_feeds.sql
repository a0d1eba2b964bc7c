-- Whose hardware it is.

-- A timing company, or the one keeper of what nobody is known to own. Nobody works for the quarantine.
alter table timing_partners add column kind text not null default 'company' check (kind in ('company', 'quarantine'));

create unique index timing_partners_quarantine on timing_partners (kind) where kind = 'quarantine';

-- By which a partner's hardware is known: a port of its own, an address to call, or how it looks on the shared port.
create table feeds (
    id             blob    not null primary key,
    partner_id     blob    not null references timing_partners (id),
    revision       integer not null,        -- counts changes from 1
    name           text    not null,
    protocol       text    not null,
    port           integer,                 -- its own
    call_address   text,                    -- host:port of hardware that waits to be called
    networks       text    not null,        -- where it comes from, with commas between; empty: from anywhere
    event          text,                    -- as the hardware tells it
    connection     text,                    -- likewise
    location       text,                    -- for hardware that tells none
    login_method   text,                    -- how a client proves who it is; null: it need not
    login_name     text,
    login_password text,                    -- in clear: the proof is a hash with a seed of ours
    time_zone      text,                    -- of the hardware's clock; null: the server's
    created_at     integer not null,
    confirmed_at   integer,                 -- null while the server's administrator has not looked at it
    refused_at     integer,
    removed_at     integer
);

create unique index feeds_by_port on feeds (port) where removed_at is null;
create index feeds_by_partner on feeds (partner_id, id);

-- Sessions in quarantine that are on their way to a partner; the row goes when all of the session is there.
create table hand_overs (
    timing_session_id blob    not null primary key references timing_sessions (id),
    to_partner        blob    not null references timing_partners (id),
    event_name        text    not null,
    created_at        integer not null
);

create index timing_lines_by_session on timing_lines (timing_session_id, id);

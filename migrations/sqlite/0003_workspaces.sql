-- Display sessions as workspaces of their own: whose they are, who shares them, and which state of them somebody saw.

alter table display_sessions add column owner_id blob references users (id);   -- null: all operators of the partner own it
alter table display_sessions add column revision integer not null default 1;   -- counts the changes
alter table display_sessions add column archived_at integer;                   -- put away: read-only, without displays

-- Whom a display session was shared with, and how far. It ends with the work for the partner.
create table display_session_shares (
    display_session_id blob    not null references display_sessions (id),
    user_id            blob    not null,
    partner_id         blob    not null references timing_partners (id),
    access             text    not null check (access in ('view', 'edit')),
    created_at         integer not null,
    primary key (display_session_id, user_id),
    foreign key (user_id, partner_id) references memberships (user_id, partner_id) on delete cascade
);

-- The newest event of a kind is asked for with every session of a list.
create index session_events_by_kind on session_events (display_session_id, kind, position);

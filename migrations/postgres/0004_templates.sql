-- Templates that partners make of their own, and which of them displays show.

-- What it takes to offer a template: its newest revision without the content.
create table templates (
    partner_id    uuid    not null references timing_partners (id),
    id            uuid    not null,
    name          text    not null,
    summary       text    not null,
    modes         text    not null,            -- a JSON list
    canvas_width  bigint  not null,
    canvas_height bigint  not null,
    revision      bigint  not null,            -- the newest, from 1
    created_at    bigint  not null,
    updated_at    bigint  not null,
    deleted_at    bigint,
    primary key (partner_id, id)
);

-- Every content that a template ever had; rows are never changed.
create table template_revisions (
    partner_id  uuid    not null,
    template_id uuid    not null,
    revision    bigint  not null,
    source      text    not null,              -- JSON as it was sent, with its palette
    body        text    not null,              -- JSON as it was checked
    saved_at    bigint  not null,
    saved_by    text    not null,              -- the address of whoever saved it
    primary key (partner_id, template_id, revision),
    foreign key (partner_id, template_id) references templates (partner_id, id)
);

-- What a display session shows instead of the newest revision of its template: a pinned revision, or a working copy that
-- nobody else sees. It holds as long as the session has that template.
create table session_templates (
    display_session_id uuid    not null primary key references display_sessions (id),
    partner_id         uuid    not null references timing_partners (id),
    template_id        text    not null,
    revision           bigint,                 -- the pinned one; null for a working copy
    copy_id            uuid,                   -- of the working copy, another after each change
    source             text,
    body               text,
    saved_at           bigint  not null,
    saved_by           text    not null
);

create index session_templates_by_partner on session_templates (partner_id, template_id);

-- A display with a template of its own; without one it shows what its display session shows.
alter table display_urls add column template_id text;
alter table display_urls add column template_revision bigint;

create index display_urls_by_session on display_urls (display_session_id);

call fence_off('templates');
call fence_off('template_revisions');
call fence_off('session_templates');

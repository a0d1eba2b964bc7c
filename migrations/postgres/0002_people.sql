-- People: who runs the server, where they are signed in, how they join, how they get a new password, and what they did.

-- Since when somebody administers the server; null for everybody else. It gives no partner's rows.
alter table users add column administrator_at bigint;

-- A token now has a name of its own and says where it is used. What there was before cannot: those people sign in again.
drop table tokens;

create table tokens (
    id         uuid    not null primary key,
    hash       bytea   not null unique,        -- SHA-256 of the token
    user_id    uuid    not null references users (id),
    partner_id uuid    references timing_partners (id),
    created_at bigint  not null,               -- when its person signed in
    used_at    bigint  not null,               -- to some minutes
    expires_at bigint  not null,               -- later with each use, within limits
    address    text    not null,               -- from where it was used last
    client     text    not null                -- what program that was, as it calls itself
);

create index tokens_by_user on tokens (user_id);

-- One-time codes by which people join a partner.
create table invitations (
    id         uuid    not null primary key,
    partner_id uuid    not null references timing_partners (id),
    email      text    not null,               -- lower case; nobody else can accept it
    role       text    not null check (role in ('owner', 'operator', 'viewer')),
    code_hash  bytea   not null unique,        -- SHA-256 of the code
    invited_by text    not null,               -- an address, or shell
    created_at bigint  not null,
    expires_at bigint  not null
);

create index invitations_by_partner on invitations (partner_id);

-- One-time codes for a new password, one a person.
create table password_resets (
    user_id    uuid    not null primary key references users (id),
    code_hash  bytea   not null,               -- SHA-256 of the code
    issued_by  uuid    references users (id),  -- null when it came from the shell
    created_at bigint  not null,
    expires_at bigint  not null
);

-- Who did what, when and from where. Rows are added and never changed.
create table audit_log (
    id         uuid    not null primary key,
    partner_id uuid    references timing_partners (id),  -- null when it concerns the server as a whole
    at         bigint  not null,
    user_id    uuid    references users (id),  -- null for the shell
    who        text    not null,               -- the person's address at the time, or shell
    action     text    not null,
    subject    text    not null,               -- what it was done to, in words
    address    text    not null,               -- from where; empty for the shell
    detail     text    not null                -- a JSON object
);

create index audit_log_by_partner on audit_log (partner_id, id);

create function refuse_to_change_audit_log() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log cannot be changed';
end $$;

create trigger audit_log_is_not_changed before update or delete or truncate on audit_log
    for each statement execute function refuse_to_change_audit_log();

-- People, tokens and codes for passwords belong to no partner; only the server's own work touches them.
grant select, insert, update, delete on tokens, password_resets to gantry_server;

call fence_off('invitations');
call fence_off('audit_log');
revoke update, delete on audit_log from gantry_partner, gantry_server;

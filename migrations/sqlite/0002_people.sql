-- People: who runs the server, where they are signed in, how they join, how they get a new password, and what they did.

-- Since when somebody administers the server; null for everybody else. It gives no partner's rows.
alter table users add column administrator_at integer;

-- A token now has a name of its own and says where it is used. What there was before cannot: those people sign in again.
drop table tokens;

create table tokens (
    id         blob    not null primary key,
    hash       blob    not null unique,        -- SHA-256 of the token
    user_id    blob    not null references users (id),
    partner_id blob    references timing_partners (id),
    created_at integer not null,               -- when its person signed in
    used_at    integer not null,               -- to some minutes
    expires_at integer not null,               -- later with each use, within limits
    address    text    not null,               -- from where it was used last
    client     text    not null                -- what program that was, as it calls itself
);

create index tokens_by_user on tokens (user_id);

-- One-time codes by which people join a partner.
create table invitations (
    id         blob    not null primary key,
    partner_id blob    not null references timing_partners (id),
    email      text    not null,               -- lower case; nobody else can accept it
    role       text    not null check (role in ('owner', 'operator', 'viewer')),
    code_hash  blob    not null unique,        -- SHA-256 of the code
    invited_by text    not null,               -- an address, or shell
    created_at integer not null,
    expires_at integer not null
);

create index invitations_by_partner on invitations (partner_id);

-- One-time codes for a new password, one a person.
create table password_resets (
    user_id    blob    not null primary key references users (id),
    code_hash  blob    not null,               -- SHA-256 of the code
    issued_by  blob    references users (id),  -- null when it came from the shell
    created_at integer not null,
    expires_at integer not null
);

-- Who did what, when and from where. Rows are added and never changed.
create table audit_log (
    id         blob    not null primary key,
    partner_id blob    references timing_partners (id),  -- null when it concerns the server as a whole
    at         integer not null,
    user_id    blob    references users (id),  -- null for the shell
    who        text    not null,               -- the person's address at the time, or shell
    action     text    not null,
    subject    text    not null,               -- what it was done to, in words
    address    text    not null,               -- from where; empty for the shell
    detail     text    not null                -- a JSON object
);

create index audit_log_by_partner on audit_log (partner_id, id);

create trigger audit_log_is_not_changed before update on audit_log
begin
    select raise(abort, 'the audit log cannot be changed');
end;

create trigger audit_log_is_not_shortened before delete on audit_log
begin
    select raise(abort, 'the audit log cannot be shortened');
end;

-- The accounts' file: opened by `accounts.rs` alone.
pragma journal_mode = wal;
pragma synchronous = normal;
pragma foreign_keys = on;
pragma busy_timeout = 5000;

create table if not exists account (
    name text primary key,
    role text not null check (role in ('school', 'district', 'inspector', 'city', 'admin')),
    unit text not null,
    password_hash text not null,
    made_at integer not null,
    disabled integer not null default 0,
    -- Whether the password was given by somebody else.
    must_change integer not null default 0
) strict;

-- One row a log-in. The token itself is in the visitor's cookie alone.
create table if not exists session (
    token_hash text primary key,
    name text not null references account (name),
    form_token text not null,
    made_at integer not null,
    seen_at integer not null,
    expires_at integer not null
) strict;
create index if not exists session_name on session (name);

-- Attempts that failed since the last that didn't, by the name that was typed, whether it exists or not.
create table if not exists failure (
    name text primary key,
    times integer not null,
    until integer not null
) strict;

-- One row a token of the API. The token itself was shown once and is stored nowhere. Revoked ones stay for the record.
create table if not exists token (
    id text primary key,
    token_hash text not null unique,
    name text not null references account (name),
    label text not null,
    -- What it is narrowed to; empty where it reaches as far as its account.
    unit text not null,
    reach text not null check (reach in ('all', 'figures', 'findings')),
    made_at integer not null,
    expires_at integer not null,
    used_at integer,
    revoked_at integer
) strict;
create index if not exists token_name on token (name);

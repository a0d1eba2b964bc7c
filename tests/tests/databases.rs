//! The two databases against each other, and the fence that only one of them has, as somebody finds them who looks inside.

use std::collections::{BTreeMap, BTreeSet};

use gantry_tests::{postgres, programs};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqlitePool},
};

/// A read as both databases give it back.
type Read = (i64, i64, String, Option<i64>, Vec<u8>);

/// A table's columns: the type, and whether there is always a value.
type Columns = BTreeMap<String, (String, bool)>;

/// The URL of a new database on the server that the environment names.
async fn new_database() -> String {
    let options = postgres::database().await.expect("a new database");
    options.to_url_lossy().into()
}

async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("a URL");
    options.connect().await.expect("connects")
}

/// A new database, migrated by the program.
async fn migrated() -> PgConnection {
    let url = new_database().await;
    programs::succeed("gantry-server", &["migrate", "--database-url", &url], "")
        .await
        .expect("migrates");
    connect(&url).await
}

#[tokio::test]
async fn both_have_the_same_tables_and_columns() {
    let mut postgres = migrated().await;
    let rows: Vec<(String, String, String, bool)> = sqlx::query_as(
        "select table_name::text, column_name::text, data_type::text, is_nullable = 'NO'
         from information_schema.columns where table_schema = 'public'",
    )
    .fetch_all(&mut postgres)
    .await
    .expect("lists");
    let there = tables(rows);

    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("gantry.db");
    let url = format!("sqlite:{}", file.display());
    programs::succeed("gantry-server", &["migrate", "--database-url", &url], "")
        .await
        .expect("migrates");
    let sqlite = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&file))
        .await
        .expect("opens");
    let rows: Vec<(String, String, String, bool)> = sqlx::query_as(
        r#"select m.name, c.name, lower(c.type), c."notnull" from sqlite_master m, pragma_table_info(m.name) c
         where m.type = 'table' and m.name not like 'sqlite_%'"#,
    )
    .fetch_all(&sqlite)
    .await
    .expect("lists");
    let here = tables(rows);

    let names = |tables: &BTreeMap<String, Columns>| tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&here), names(&there));
    assert!(here.len() > 10, "{:?}", names(&here));
    for (table, columns) in &here {
        let others = &there[table];
        let names = |columns: &Columns| columns.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(columns), names(others), "{table}");
        for (column, (kind, always)) in columns {
            let (other, always_there) = &others[column];
            let may_be: &[&str] = match kind.as_str() {
                "blob" => &["uuid", "bytea"],
                "integer" => &["bigint"],
                "text" => &["text"],
                other => panic!("{table}.{column} is {other}"),
            };
            assert!(
                may_be.contains(&other.as_str()),
                "{table}.{column}: {kind} and {other}"
            );
            assert_eq!(
                always, always_there,
                "{table}.{column} is nullable in one of them"
            );
        }
    }
}

fn tables(rows: Vec<(String, String, String, bool)>) -> BTreeMap<String, Columns> {
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for (table, column, kind, always) in rows {
        // The migrator's own.
        if table != "_sqlx_migrations" {
            tables
                .entry(table)
                .or_default()
                .insert(column, (kind, always));
        }
    }
    tables
}

#[tokio::test]
async fn every_table_of_partners_is_behind_the_fence() {
    let mut postgres = migrated().await;
    let of_partners: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.columns
         where table_schema = 'public' and column_name = 'partner_id'",
    )
    .fetch_all(&mut postgres)
    .await
    .expect("lists");
    let fenced: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c where c.relrowsecurity
         and exists (select 1 from pg_policy p where p.polrelid = c.oid and 'gantry_partner'::regrole = any (p.polroles))",
    )
    .fetch_all(&mut postgres)
    .await
    .expect("lists");
    // A token names a partner but is looked up before there is one; no partner's role may touch it at all.
    let mut of_partners: BTreeSet<String> = of_partners.into_iter().collect();
    assert!(of_partners.remove("tokens"));
    assert_eq!(of_partners, fenced.into_iter().collect());

    let open: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.table_privileges
         where grantee = 'gantry_partner' and table_schema = 'public'
         and table_name not in (select relname from pg_class where relrowsecurity)",
    )
    .fetch_all(&mut postgres)
    .await
    .expect("lists");
    assert_eq!(
        open,
        Vec::<String>::new(),
        "what a partner's role may touch without a fence"
    );

    let strong: Vec<String> = sqlx::query_scalar(
        "select r.rolname::text from pg_roles r where r.rolname in ('gantry_partner', 'gantry_server')
         and (r.rolsuper or r.rolbypassrls or r.rolcanlogin
              or exists (select 1 from pg_class c where c.relowner = r.oid))",
    )
    .fetch_all(&mut postgres)
    .await
    .expect("lists");
    assert_eq!(
        strong,
        Vec::<String>::new(),
        "roles that could pass the fence by"
    );
}

#[tokio::test]
async fn the_fence_stands_without_the_program() {
    let mut postgres = migrated().await;
    sqlx::raw_sql(
        "insert into timing_partners (id, name, created_at) values
             ('00000000-0000-0000-0000-00000000000a', 'Acme', 1), ('00000000-0000-0000-0000-00000000000b', 'Other', 1);
         insert into timing_sessions (id, partner_id, name, event_name, race_day, created_at) values
             ('00000000-0000-0000-0000-0000000000a1', '00000000-0000-0000-0000-00000000000a', 'a', 'a', '2026-05-08', 1),
             ('00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-00000000000b', 'b', 'b', '2026-05-08', 1);",
    )
    .execute(&mut postgres)
    .await
    .expect("inserts");
    sqlx::raw_sql("set role gantry_partner")
        .execute(&mut postgres)
        .await
        .expect("is a member");
    let names = async |postgres: &mut PgConnection| -> Vec<String> {
        sqlx::query_scalar("select name from timing_sessions order by id")
            .fetch_all(postgres)
            .await
            .expect("lists")
    };
    assert_eq!(
        names(&mut postgres).await,
        Vec::<String>::new(),
        "fenced for nobody"
    );
    sqlx::raw_sql("set gantry.partner = '00000000-0000-0000-0000-00000000000a'")
        .execute(&mut postgres)
        .await
        .expect("sets");
    assert_eq!(names(&mut postgres).await, ["a"]);

    let changed = sqlx::raw_sql(
        "update timing_sessions set name = 'stolen'; delete from timing_sessions where name = 'b'",
    )
    .execute(&mut postgres)
    .await
    .expect("touches its own");
    assert_eq!(changed.rows_affected(), 1);
    let smuggled = sqlx::raw_sql(
        "insert into timing_sessions (id, partner_id, name, event_name, race_day, created_at) values
             ('00000000-0000-0000-0000-0000000000b2', '00000000-0000-0000-0000-00000000000b', 'c', 'c', '2026-05-08', 1)",
    )
    .execute(&mut postgres)
    .await
    .expect_err("is refused");
    assert!(
        smuggled.to_string().contains("row-level security"),
        "{smuggled}"
    );
    let people = sqlx::raw_sql("select email from users")
        .execute(&mut postgres)
        .await
        .expect_err("is refused");
    assert!(people.to_string().contains("permission denied"), "{people}");
    sqlx::raw_sql("set role gantry_server")
        .execute(&mut postgres)
        .await
        .expect("is a member");
    assert_eq!(names(&mut postgres).await, ["stolen", "b"]);
    postgres.close().await.expect("closes");
}

#[tokio::test]
async fn a_grown_installation_moves_with_every_byte_and_once() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("gantry.db");
    let from = format!("sqlite:{}", file.display());
    let person = [
        "user",
        "add",
        "ann@example.org",
        "--partner",
        "Ac\tme",
        "--role",
        "owner",
    ];
    for (arguments, input) in [
        (vec!["partner", "add", "Ac\tme"], ""),
        (
            [&person[..], &["--password-stdin"]].concat(),
            "long enough\n",
        ),
    ] {
        let arguments = [&arguments[..], &["--database-url", &from]].concat();
        programs::succeed("gantry-server", &arguments, input)
            .await
            .expect("adds");
    }
    let sqlite = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&file))
        .await
        .expect("opens");
    sqlx::raw_sql(
        "insert into timing_sessions (id, partner_id, name, event_name, race_day, created_at)
             select zeroblob(16), id, 'a\\N\n', char(233, 9, 92), '2026-05-08', 1 from timing_partners;
         insert into timing_locations (timing_session_id, name, partner_id, created_at)
             select id, 'FINISH', partner_id, 1 from timing_sessions;
         insert into timing_streams (id, partner_id, timing_session_id, connection, location, last_sequence, reads, created_at)
             select zeroblob(16), partner_id, id, '255F', 'FINISH', 3000, 3000, 1 from timing_sessions;
         with recursive n(n) as (select 1 union all select n + 1 from n where n < 3000)
         insert into timing_reads (position, partner_id, timing_session_id, stream_id, location, sequence, tag, kind, at,
                                   wire_time, lap, reader, gator, received_at, raw)
             select n, partner_id, id, zeroblob(16), 'FINISH', n, n, 'chip', n, '', null, '', '', n, randomblob(500)
             from timing_sessions, n;",
    )
    .execute(&sqlite)
    .await
    .expect("inserts");

    let to = new_database().await;
    let copy = ["copy", "--from", &from, "--to", &to];
    let said = programs::succeed("gantry-server", &copy, "")
        .await
        .expect("copies");
    assert!(said.contains("timing_reads: 3000 rows"), "{said}");
    let reads = "select position, sequence, tag, lap, raw from timing_reads order by position";
    let name = "select name || event_name || p.n from timing_sessions, (select name as n from timing_partners) p";
    let before: Vec<Read> = sqlx::query_as(reads)
        .fetch_all(&sqlite)
        .await
        .expect("lists");
    let named: String = sqlx::query_scalar(name)
        .fetch_one(&sqlite)
        .await
        .expect("reads");
    let mut postgres = connect(&to).await;
    let after: Vec<Read> = sqlx::query_as(reads)
        .fetch_all(&mut postgres)
        .await
        .expect("lists");
    let named_there: String = sqlx::query_scalar(name)
        .fetch_one(&mut postgres)
        .await
        .expect("reads");
    assert_eq!(before.len(), 3000);
    assert!(before == after, "reads differ");
    assert_eq!(named, named_there);

    let again = programs::run("gantry-server", &copy, "")
        .await
        .expect("runs");
    let said = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        said.contains("expected a database that holds nothing yet"),
        "{said}"
    );
}

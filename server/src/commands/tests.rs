//! Commands as they are typed.

use clap::Parser;

use super::*;
use crate::{
    clock,
    store::{
        Proof, Role, User,
        audit::{Extent, Logged},
        testing,
    },
};

async fn call(data_dir: &Path, arguments: &[&str]) -> Result<ExitCode, String> {
    let data_dir = data_dir.display().to_string();
    let whole = ["gantry-server"].iter().chain(arguments).copied();
    let cli = Cli::try_parse_from(whole.chain(["--data-dir", &data_dir]));
    let cli = cli.map_err(|error| error.to_string())?;
    perform(cli.command)
        .await
        .map_err(|error| format!("{error:#}"))
}

#[tokio::test]
async fn a_partner_is_added_once() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let data_dir = dir.path().join("made/when/missing");
    call(&data_dir, &["partner", "add", " Acme "])
        .await
        .expect("adds");
    let again = call(&data_dir, &["partner", "add", "Acme"])
        .await
        .expect_err("is refused");
    assert_eq!(again, "there is a timing partner 'Acme' already");
    assert!(call(&data_dir, &["partner", "add", " "]).await.is_err());
    call(&data_dir, &["migrate"])
        .await
        .expect("nothing is left to do");
}

#[tokio::test]
async fn a_user_is_refused_before_a_password_is_asked_for() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let add = async |email, partner| {
        let arguments = [
            "user",
            "add",
            email,
            "--partner",
            partner,
            "--role",
            "owner",
        ];
        call(dir.path(), &arguments).await.expect_err("is refused")
    };
    assert!(
        add("ann", "Acme")
            .await
            .contains("'ann' is no e-mail address")
    );
    assert!(
        add("ann@example.org", "Acme")
            .await
            .contains("no timing partner 'Acme'")
    );
}

#[tokio::test]
async fn the_doctor_finds_what_is_missing_and_what_is_taken() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let any = "127.0.0.1:0";
    let examine = async |http: &str, more: &[&str]| {
        let arguments = [
            "doctor",
            "--http",
            http,
            "--timing",
            any,
            "--status",
            any,
            "--timing-zone",
            "UTC",
        ];
        let arguments = [&arguments[..], more].concat();
        let code = call(dir.path(), &arguments).await.expect("examines");
        code == ExitCode::SUCCESS
    };
    assert!(!examine(any, &[]).await, "there is no partner");
    let left = dir.path().read_dir().expect("is there").count();
    assert_eq!(left, 0, "the doctor makes nothing");
    call(dir.path(), &["partner", "add", "Acme"])
        .await
        .expect("adds");
    assert!(examine(any, &[]).await);
    let no_files = [
        "--tls-cert",
        "/nowhere/cert.pem",
        "--tls-key",
        "/nowhere/key.pem",
    ];
    assert!(!examine(any, &no_files).await, "there is no certificate");
    let taken = std::net::TcpListener::bind(any).expect("port 0 is free");
    let taken = taken
        .local_addr()
        .map(|address| (taken, address))
        .expect("it is bound");
    assert!(
        !examine(&taken.1.to_string(), &[]).await,
        "the port is taken"
    );
}

#[tokio::test]
async fn a_second_server_is_refused_and_people_are_still_added() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let database = Database::Sqlite(dir.path().join("gantry.db"));
    let _held = claim(&database).await.expect("is free");
    for command in ["serve", "demo"] {
        let refused = call(dir.path(), &[command]).await.expect_err("is refused");
        assert!(
            refused.contains("another gantry-server uses"),
            "{command}: {refused}"
        );
    }
    call(dir.path(), &["partner", "add", "Acme"])
        .await
        .expect("adds");
}

#[tokio::test]
async fn a_demo_works_for_nobody_else() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let refused = call(dir.path(), &["demo", "--timing-partner", "Acme"]).await;
    let refused = refused.expect_err("is refused");
    assert!(refused.contains("--timing-partner 'Acme'"), "{refused}");
}

#[tokio::test]
async fn a_timing_partner_that_does_not_exist_stops_the_server() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let refused = call(dir.path(), &["serve", "--timing-partner", "Acme"]).await;
    assert!(
        refused
            .expect_err("is refused")
            .contains("no timing partner 'Acme'")
    );
}

/// A store with two partners, beside which commands are called.
struct Office {
    dir: tempfile::TempDir,
    store: Store,
}

impl Office {
    async fn open() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for name in ["Acme", "Other"] {
            let added = call(dir.path(), &["partner", "add", name]).await;
            added.expect("adds");
        }
        let database = Database::Sqlite(dir.path().join("gantry.db"));
        let store = Store::open(&database).await.expect("opens beside it");
        Self { dir, store }
    }

    /// Somebody who has an account and works for nobody.
    async fn account(&self, email: &str) -> User {
        let user = self.store.add_user(email, "hash", clock::now()).await;
        user.expect("adds").expect("is new")
    }

    async fn find(&self, email: &str) -> Option<User> {
        self.store.user_by_email(email).await.expect("reads")
    }

    async fn done(&self, arguments: &[&str]) {
        let done = call(self.dir.path(), arguments).await;
        assert_eq!(done, Ok(ExitCode::SUCCESS), "{arguments:?}");
    }

    async fn refused(&self, arguments: &[&str], because: &str) {
        let refused = call(self.dir.path(), arguments).await;
        let refused = refused.expect_err("is refused");
        assert!(refused.contains(because), "{arguments:?}: {refused}");
    }

    async fn roles(&self, user: &User) -> Vec<(String, Role)> {
        let jobs = self.store.memberships(user.id).await.expect("lists");
        jobs.into_iter()
            .map(|job| (job.partner_name, job.role))
            .collect()
    }

    /// What was done from the shell, newest first.
    async fn noted(&self) -> Vec<(Option<String>, String, String)> {
        let logged = self.store.logged(Extent::default(), 99).await;
        let logged = logged.expect("reads").into_iter();
        logged
            .map(
                |Logged {
                     partner,
                     action,
                     subject,
                     ..
                 }| (partner, action, subject),
            )
            .collect()
    }
}

#[tokio::test]
async fn a_known_person_gets_another_job_and_keeps_the_password() {
    let office = Office::open().await;
    let ann = office.account("ann@example.org").await;
    let add = ["user", "add", "ann@example.org", "--partner", "Acme"];
    let add = [&add[..], &["--role", "viewer"]].concat();
    office
        .refused(&add, "has an account: expected --known")
        .await;
    let with_password = [&add[..], &["--known", "--password-stdin"]].concat();
    office.refused(&with_password, "cannot be used with").await;
    let known = [&add[..], &["--known"]].concat();
    office.done(&known).await;
    office.refused(&known, "works for Acme already").await;
    let acme = |role| vec![("Acme".to_owned(), role)];
    assert_eq!(office.roles(&ann).await, acme(Role::Viewer));
    let rise = ["user", "role", "ann@example.org", "--partner", "Acme"];
    office
        .done(&[&rise[..], &["--role", "owner"]].concat())
        .await;
    assert_eq!(office.roles(&ann).await, acme(Role::Owner));
    let found = office.find("ann@example.org").await.expect("is there");
    assert_eq!(found.password_hash, "hash");

    let new = ["user", "add", "new@example.org", "--partner", "Acme"];
    let new = [&new[..], &["--role", "viewer", "--known"]].concat();
    office.refused(&new, "has no account").await;
    let noted = office.noted().await;
    let actions: Vec<_> = noted.iter().map(|(_, action, _)| action.as_str()).collect();
    assert_eq!(actions[..2], ["role_changed", "person_added"]);
    assert_eq!(noted[0].0.as_deref(), Some("Acme"));
}

#[tokio::test]
async fn an_administrator_is_made_and_unmade() {
    let office = Office::open().await;
    office.account("root@example.org").await;
    let make = ["user", "administrator", "root@example.org"];
    let unmake = [&make[..], &["--end"]].concat();
    office.refused(&unmake, "does not administer").await;
    office.done(&make).await;
    let root = office.find("root@example.org").await.expect("is there");
    assert!(root.administrator_at.is_some());
    office.done(&unmake).await;
    let gone = office.find("root@example.org").await;
    assert_eq!(gone, None, "who has no job left has no account");
    let noted = office.noted().await;
    let root = || (None, "root@example.org".to_owned());
    let entry = |action: &str| (root().0, action.to_owned(), root().1);
    assert_eq!(noted[0], entry("administrator_unmade"));
    assert_eq!(noted[1], entry("administrator_made"));
}

#[tokio::test]
async fn sign_ins_are_ended_one_by_one_or_all() {
    let office = Office::open().await;
    let ann = office.account("ann@example.org").await;
    let now = clock::now();
    for hash in 0..3 {
        let token = testing::token(ann.id, hash, now + 60_000);
        let added = office.store.add_token(&token, Proof::Password("hash"), now);
        assert!(added.await.expect("adds"));
    }
    let tokens = async || office.store.tokens(ann.id, now).await.expect("lists");
    let first = tokens().await[0].id.to_string();
    office.done(&["user", "sign-ins", "ann@example.org"]).await;
    let end = ["user", "sign-out", "ann@example.org"];
    let end_first = [&end[..], &["--id", &first]].concat();
    office.done(&end_first).await;
    assert_eq!(tokens().await.len(), 2);
    office.refused(&end_first, "has no sign-in").await;
    office.done(&end).await;
    assert_eq!(tokens().await, []);
    let noted = office.noted().await;
    assert_eq!(noted[0].1, "token_revoked");
}

#[tokio::test]
async fn an_invitation_is_listed_and_withdrawn() {
    let office = Office::open().await;
    let invite = ["user", "invite", "new@example.org", "--partner", "Acme"];
    office
        .done(&[&invite[..], &["--role", "viewer"]].concat())
        .await;
    for list in [
        &["user", "invitations"][..],
        &["user", "invitations", "--partner", "Acme"],
    ] {
        office.done(list).await;
    }
    let withdraw = ["user", "withdraw", "new@example.org", "--partner"];
    office
        .refused(
            &[&withdraw[..], &["Other"]].concat(),
            "is not invited to Other",
        )
        .await;
    let withdraw = [&withdraw[..], &["Acme"]].concat();
    office.done(&withdraw).await;
    office.refused(&withdraw, "is not invited to Acme").await;
    let inviting = office.store.inviting("new@example.org", clock::now()).await;
    assert_eq!(inviting.expect("reads"), []);
    assert_eq!(office.noted().await[0].1, "invitation_withdrawn");
}

#[tokio::test]
async fn a_partner_is_closed_when_its_name_is_repeated() {
    let office = Office::open().await;
    let close = ["partner", "close", "Acme"];
    office
        .refused(&close, "cannot be undone. Gone: 0 people")
        .await;
    let other = [&close[..], &["--confirm", "Other"]].concat();
    office.refused(&other, "repeat the name").await;
    let close = [&close[..], &["--confirm", "Acme"]].concat();
    office.done(&close).await;
    office.refused(&close, "is closed").await;
    let invite = ["user", "invite", "a@b.org", "--partner", "Acme"];
    let invite = [&invite[..], &["--role", "viewer"]].concat();
    office.refused(&invite, "is closed").await;
    office.done(&["partner", "list"]).await;
    office
        .done(&["audit", "--partner", "Acme", "--since", "2026-01-31"])
        .await;
    office
        .refused(&["audit", "--since", "lately"], "2026-05-08")
        .await;
    let noted = office.noted().await;
    assert_eq!(noted[0].1, "partner_closed");
}

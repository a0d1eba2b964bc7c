//! Two partners at work on one server, against a model of what each must see.
//!
//! A server takes the reads of one partner's hardware, so half of the time it is North's, and then, on a server that was started
//! again, South's. What North's sent before stays on its screens.
//!
//! Every text of a partner carries its mark, and every id is remembered. Each partner's people do random things, one after the
//! other, and the two partners at the same time. What they are told must be what the model of their partner says, whatever the
//! other partner does meanwhile, and no byte of the other's may be in it: not in answers, not in streams, not in what the server
//! says of itself.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::{
    chance::Chance,
    company::{Company, Person},
    deeds,
    screens::Screens,
    secrets::{Secrets, Side},
    table::Who,
};
use crate::{
    caller::Caller,
    database::Kind,
    hardware::Hardware,
    venue::{Addresses, Server, Venue},
};

/// Everybody's password.
const PASSWORD: &str = "correct horse battery";

/// Who works for both.
const BOTH: &str = "both@both.example";

/// Between this many deeds the status port is looked at.
const STATUS_EVERY: usize = 500;

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The program that is the server.
    pub program: &'static str,
    /// What it keeps everything in.
    pub kind: Kind,
    /// How many things are done, by both partners together.
    pub operations: usize,
    /// The same seed does the same things.
    pub seed: u64,
}

/// Runs the plan; what is found to be wrong is the error.
pub async fn run(plan: Plan) -> Result<()> {
    let mut venue = Venue::empty(plan.kind).await?;
    hire(&venue).await?;
    venue.run_by(plan.program);
    let secrets = Arc::new(Secrets::default());
    let tried = Box::pin(live(plan, &venue, &secrets))
        .await
        .with_context(|| format!("{plan:?}"));
    if let Some(leak) = secrets.first_leak() {
        bail!("{plan:?}: {leak}");
    }
    tried?;
    for side in Side::BOTH {
        let told = secrets.told(side);
        ensure!(told > 0, "{side:?} was never told anything of its own");
    }
    look_at_log(&venue, &secrets)
}

async fn hire(venue: &Venue) -> Result<()> {
    for side in Side::BOTH {
        venue.add_partner(side.name()).await?;
        for (email, role) in employees(side) {
            if side == Side::South && *email == BOTH {
                venue.employ(email, side.name(), role).await?;
            } else {
                venue.add_user(email, PASSWORD, side.name(), role).await?;
            }
        }
    }
    Ok(())
}

/// Four people, one of whom works for both partners.
fn employees(side: Side) -> &'static [(&'static str, &'static str)] {
    match side {
        Side::North => &[
            ("owner@zqnorthvx.example", "owner"),
            ("viewer@zqnorthvx.example", "viewer"),
            (BOTH, "operator"),
        ],
        Side::South => &[("owner@zqsouthvx.example", "owner"), (BOTH, "operator")],
    }
}

async fn live(plan: Plan, venue: &Venue, secrets: &Arc<Secrets>) -> Result<()> {
    let mut chance = Chance::new(plan.seed);
    let server = serve(venue, Side::North).await?;
    let mut companies = [
        open(Side::North, &server, secrets).await?,
        open(Side::South, &server, secrets).await?,
    ];
    Box::pin(phase(
        plan,
        Side::North,
        &server,
        &mut companies,
        &mut chance,
    ))
    .await?;
    server.stop().await?;

    let server = serve(venue, Side::South).await?;
    for company in &mut companies {
        company.move_to(&server);
    }
    Box::pin(phase(
        plan,
        Side::South,
        &server,
        &mut companies,
        &mut chance,
    ))
    .await?;
    server.stop().await?;
    Ok(())
}

/// A server that takes what one partner's hardware sends.
async fn serve(venue: &Venue, hardware_of: Side) -> Result<Server> {
    let options = [
        "--timing-partner",
        hardware_of.name(),
        "--requests-per-second",
        "1000000",
        "--trusted-proxies",
        "127.0.0.1",
        "--log",
        "info,gantry_server=debug",
    ];
    venue.serve_with(Addresses::any(), &options).await
}

/// Half of the plan, while one partner's hardware sends.
async fn phase(
    plan: Plan,
    hardware_of: Side,
    server: &Server,
    companies: &mut [Company; 2],
    chance: &mut Chance,
) -> Result<()> {
    let sender = &mut companies[hardware_of as usize];
    let secrets = Arc::clone(&sender.secrets);
    let shown = secrets.shown(hardware_of);
    sender.mat = Some(mat(server, hardware_of).await?);
    deeds::find_timing_session(sender).await?;
    let share = plan.operations.div_ceil(4);
    let [north, south] = companies;
    tokio::try_join!(
        work(north, share, Chance::new(chance.draw()), server),
        work(south, share, Chance::new(chance.draw()), server),
    )?;
    ensure!(
        secrets.shown(hardware_of) > shown,
        "none of {hardware_of:?}'s runners was on a screen: it takes more operations"
    );
    Ok(())
}

/// A partner whose people are signed in.
async fn open(side: Side, server: &Server, secrets: &Arc<Secrets>) -> Result<Company> {
    let mut people = Vec::new();
    for (number, (email, role)) in employees(side).iter().enumerate() {
        let mut person = Person {
            caller: Caller::nobody(server),
            role: match *role {
                "owner" => Who::Owner,
                "operator" => Who::Operator,
                _ => Who::Viewer,
            },
            email,
            knows_both: *email == BOTH,
            address: format!("192.0.2.{}", 10 * side as usize + number),
            id: String::new(),
        };
        person.sign_in(server, PASSWORD, side).await?;
        people.push(person);
    }
    introduce(side, &mut people, secrets).await?;
    let screens = Screens::new(side, server, Arc::clone(secrets));
    Ok(Company::new(side, people, screens, Arc::clone(secrets)))
}

/// Learns who people are to their colleagues.
async fn introduce(side: Side, people: &mut [Person], secrets: &Secrets) -> Result<()> {
    let owner = people.first().context("nobody works here")?;
    let listed = owner.caller.get("/api/colleagues").await?.json()?;
    let listed = listed["colleagues"].as_array().context("no colleagues")?;
    ensure!(
        listed.len() == people.len(),
        "another partner's people are listed: {listed:?}"
    );
    for person in people {
        let mut all = listed.iter();
        let found = all.find(|colleague| colleague["email"] == person.email);
        let id = found.and_then(|colleague| colleague["id"].as_str());
        id.context("a colleague is not listed")?
            .clone_into(&mut person.id);
        if !person.knows_both {
            for kind in ["colleague", "heir", "person"] {
                secrets.keep(side, kind, &person.id);
            }
        }
    }
    Ok(())
}

async fn work(
    company: &mut Company,
    operations: usize,
    mut chance: Chance,
    server: &Server,
) -> Result<()> {
    for operation in 0..operations {
        deeds::one(company, &mut chance)
            .await
            .with_context(|| format!("operation {operation}"))?;
        if let Some(leak) = company.secrets.first_leak() {
            bail!("operation {operation}: {leak}");
        }
        if operation % STATUS_EVERY == 0 {
            look_at_status(server, &company.secrets).await?;
        }
    }
    deeds::find_all(company).await?;
    deeds::look_at_everything(company, &mut chance).await
}

/// A partner's mat, all of whose names are marked.
async fn mat(server: &Server, side: Side) -> Result<Hardware> {
    let mark = side.mark();
    let lines = format!(
        "C: SimpleClient~0.6.0~CTP01\nS: geteventinfo\nC: ack~getconnectionid~{mark}connection\n\
         C: ack~geteventinfo~{mark} Run~0~{mark} Run\nC: ack~getlocations~{mark}-FINISH\nS: start\n"
    );
    Hardware::converse(server.addresses.timing, lines.as_bytes()).await
}

/// The status port answers to anybody, so it knows nobody. Only to the machine itself, which asks here, does it say what the
/// hardware calls its event and its mats, to find a cable by.
async fn look_at_status(server: &Server, secrets: &Secrets) -> Result<()> {
    for path in ["/metrics", "/status", "/health"] {
        let url = format!("http://{}{path}", server.addresses.status);
        let mut said = reqwest::get(url).await?.text().await?;
        if path == "/status" {
            said = without_hardwares_names(&said)?;
        }
        ensure_impersonal(&said, secrets).with_context(|| format!("the status port's {path}"))?;
    }
    Ok(())
}

fn without_hardwares_names(status: &str) -> Result<String> {
    let mut status: Value = serde_json::from_str(status).context("the status is no JSON")?;
    let connections = status["timing_connections"].as_array_mut();
    for connection in connections.context("the status has no connections")? {
        connection["event"].take();
        connection["clocks"].take();
        connection["session"].take();
        let locations = connection["locations"].take();
        ensure!(locations.is_array(), "the status has no mats: {connection}");
    }
    Ok(status.to_string())
}

/// The log names no display and no text of anybody's; what hardware calls itself is the one thing that it tells, to find a cable
/// by.
fn look_at_log(venue: &Venue, secrets: &Secrets) -> Result<()> {
    let log = venue.log()?;
    ensure!(!log.is_empty(), "the server has not logged anything");
    for line in log
        .lines()
        .filter(|line| !line.contains("gantry_server::collector"))
    {
        ensure_impersonal(line, secrets).context("the log")?;
    }
    Ok(())
}

fn ensure_impersonal(said: &str, secrets: &Secrets) -> Result<()> {
    let lower = said.to_ascii_lowercase();
    let told = Side::BOTH.iter().any(|side| lower.contains(side.mark()));
    let ids = secrets.ids_in(&lower);
    ensure!(!told && ids.is_empty(), "a partner is told of: {said}");
    Ok(())
}

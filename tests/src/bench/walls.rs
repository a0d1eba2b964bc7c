//! What operators wait for among the data of thirteen timing companies, while hardware goes on sending.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use reqwest::Client;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    grown::{self, Grown},
    report,
    runners::{self, Sent},
    screens::histogram,
};
use crate::{
    database::Kind,
    operator::Operator,
    venue::{Addresses, Server, Venue},
};

/// The password of every company's operator.
const PASSWORD: &str = "correct horse battery";

/// How much there is, and how much is asked.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// What the installation holds before anything is asked.
    pub grown: Grown,
    /// Reads a second that go on coming.
    pub rate: u64,
    /// How many times each question is asked.
    pub questions: usize,
    /// How many times somebody signs in: it is made expensive, so it is asked less often.
    pub sign_ins: usize,
}

impl Scale {
    /// What the figures are made of.
    pub const FULL: Scale = Scale {
        grown: Grown {
            partners: 13,
            results: 10_600_000,
            reads: 20_000_000,
        },
        rate: 2_000,
        questions: 2_000,
        sign_ins: 200,
    };

    /// Whether it works at all.
    pub const SHORT: Scale = Scale {
        grown: Grown {
            partners: 13,
            results: 2_600,
            reads: 2_600,
        },
        rate: 100,
        questions: 13,
        sign_ins: 2,
    };
}

/// Questions a second, all companies' together: a busy Sunday.
const PER_SECOND: u64 = 50;

/// Measures every question on one kind of database.
pub async fn run(kind: Kind, scale: Scale, out: &mut impl Write) -> Result<()> {
    let started = Instant::now();
    let venue = Venue::empty(kind).await?;
    for partner in 0..scale.grown.partners {
        let name = grown::partner(partner);
        venue.add_partner(&name).await?;
        venue
            .add_user(&email(partner), PASSWORD, &name, "owner")
            .await?;
    }
    scale.grown.fill(&venue.database).await?;
    writeln!(
        out,
        "{kind:?}: {} results and {} reads of {} partners, made in {:.0} s",
        scale.grown.results,
        scale.grown.reads,
        scale.grown.partners,
        started.elapsed().as_secs_f64()
    )?;

    let whose = grown::partner(0);
    let server = venue
        .serve_with(Addresses::any(), &["--timing-partner", &whose])
        .await?;
    let mut hardware = runners::connect(server.addresses.timing, "bench-walls").await?;
    let rate = scale.rate;
    // It is stopped when the questions are answered.
    let sending = tokio::spawn(async move {
        let sent = Sent::none_of(10_000_000);
        runners::run(&mut hardware, &sent, rate).await
    });
    let asked = ask(&server, scale, out).await;
    if sending.is_finished() {
        bail!("the hardware could not go on sending");
    }
    sending.abort();
    asked?;
    server.stop().await?;
    Ok(())
}

fn email(partner: usize) -> String {
    format!("owner{partner}@example.org")
}

async fn ask(server: &Server, scale: Scale, out: &mut impl Write) -> Result<()> {
    let companies = companies(server, scale.grown.partners).await?;
    let times = scale.questions;
    report::heading(out)?;
    let floor = measure(times, async |n| {
        let nobody = &companies[n % companies.len()].nobody;
        nobody.get(server.url("/nothing")).send().await?;
        Ok(())
    })
    .await?;
    report::latency(out, "an answer that asks no database", &floor)?;
    let sign_in = measure(scale.sign_ins, async |n| {
        let which = n % companies.len();
        let body = json!({"email": email(which), "password": PASSWORD});
        let request = companies[which].nobody.post(server.url("/api/login"));
        request.json(&body).send().await?.error_for_status()?;
        Ok(())
    })
    .await?;
    report::latency(out, "sign in", &sign_in)?;
    let get = async |path: &'static str| {
        measure(times, async |n| {
            companies[n % companies.len()]
                .operator
                .get(path)
                .await
                .map(drop)
        })
        .await
    };
    report::latency(out, "list display sessions", &get("/api/sessions").await?)?;
    report::latency(
        out,
        "list timing sessions",
        &get("/api/chronotrack/sessions").await?,
    )?;
    let url = measure(times, async |n| {
        let company = &companies[n % companies.len()];
        company.operator.share(&company.session).await.map(drop)
    })
    .await?;
    report::latency(out, "generate a URL", &url)?;
    report::spread(out, &url)?;
    let opened = get("/api/templates/finish-line").await?;
    report::latency(out, "open a template", &opened)?;
    report::spread(out, &opened)?;
    writeln!(out)?;
    Ok(())
}

/// A company's operator at work.
struct Company {
    operator: Operator,
    /// The display session that is shared again and again.
    session: String,
    /// Asks without a token.
    nobody: Client,
}

async fn companies(server: &Server, count: usize) -> Result<Vec<Company>> {
    let mut companies = Vec::with_capacity(count);
    for partner in 0..count {
        let operator = Operator::log_in_as(&server.url(""), &email(partner), PASSWORD).await?;
        let timing = operator.get("/api/chronotrack/sessions").await?;
        let timing = timing["sessions"][0]["id"].as_str().context("a session")?;
        // Two hundred sessions each, so that a list has something to list.
        let mut session = String::new();
        for _ in 0..200.min(5 + count * 15) {
            session = operator.session(timing, "finish-line", "results").await?;
        }
        companies.push(Company {
            operator,
            session,
            nobody: Client::new(),
        });
    }
    Ok(companies)
}

/// Asks at a steady pace, and takes from when an answer was due to when it was there, so that a slow answer counts against
/// those that had to wait behind it.
async fn measure(times: usize, ask: impl AsyncFn(usize) -> Result<()>) -> Result<Histogram<u64>> {
    let mut micros = histogram()?;
    let mut pace = interval(Duration::from_micros(1_000_000 / PER_SECOND));
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for n in 0..times {
        let due = pace.tick().await;
        ask(n).await?;
        micros.record(due.elapsed().as_micros() as u64)?;
    }
    Ok(micros)
}

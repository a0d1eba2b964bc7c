//! What operators wait for among the data of thirteen timing companies, while hardware goes on sending.

use std::{
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use gantry_core::template::shipped;
use gantry_server::clock;
use hdrhistogram::Histogram;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    grown::{Grown, PASSWORD, email, partner},
    report,
    runners::{self, Sent},
    screens::histogram,
};
use crate::{
    database::Kind,
    operator::Operator,
    venue::{Addresses, Server},
};

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
    /// Display sessions of each partner, so that a list has something to list.
    pub sessions: usize,
    /// Whether what was promised must be kept.
    pub is_judged: bool,
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
        sessions: 200,
        is_judged: true,
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
        sessions: 2,
        is_judged: false,
    };
}

/// Questions a second, all companies' together: a busy Sunday.
const PER_SECOND: u64 = 50;

/// Sign-ins a second: everybody at once when the doors open.
const SIGN_INS_PER_SECOND: u64 = 5;

/// What generating a URL may take at the 99th percentile.
const URL_WITHIN: Duration = Duration::from_millis(10);

/// What listing and previewing timing sessions may take at the 99th percentile.
const TIMING_WITHIN: Duration = Duration::from_millis(20);

/// What opening a template may take at the 99th percentile.
const TEMPLATE_WITHIN: Duration = Duration::from_millis(20);

/// The part of the reads that must have arrived for the rate to be what it is said to be.
const ARRIVED: f64 = 0.95;

/// Measures every question on one kind of database; answers which promises were missed. In a folder that is given the grown
/// database is kept for the next time.
pub async fn run(
    kind: Kind,
    scale: Scale,
    keep: Option<&Path>,
    out: &mut impl Write,
) -> Result<Vec<String>> {
    let started = Instant::now();
    let venue = scale.grown.venue(kind, keep).await?;
    writeln!(
        out,
        "{kind:?}: {} results and {} reads of {} partners, there after {:.0} s",
        scale.grown.results,
        scale.grown.reads,
        scale.grown.partners,
        started.elapsed().as_secs_f64()
    )?;
    if !venue.database.is_durable().await? {
        writeln!(out, "its commits do not wait for the disk")?;
    }
    let whose = partner(0);
    let server = venue
        .serve_with(Addresses::any(), &["--timing-partner", &whose])
        .await?;
    let mut bench = Bench {
        companies: companies(&server, scale).await?,
        server,
        scale,
        out,
        missed: Vec::new(),
    };
    bench.under_load().await?;
    let Bench { server, missed, .. } = bench;
    server.stop().await?;
    if keep.is_none() {
        venue.database.clone().remove().await?;
    }
    Ok(missed)
}

/// A server that is asked.
struct Bench<'a, W> {
    server: Server,
    companies: Vec<Company>,
    scale: Scale,
    out: &'a mut W,
    missed: Vec<String>,
}

impl<W: Write> Bench<'_, W> {
    /// Asks while hardware sends, and looks whether what it sends is stored.
    async fn under_load(&mut self) -> Result<()> {
        // Each time another event, or everything would be a repetition of what was sent the last time.
        let event = format!("bench-walls-{}", clock::now().0);
        let mut hardware = runners::connect(self.server.addresses.timing, &event).await?;
        let rate = self.scale.rate;
        let before = self.reads().await?;
        let started = Instant::now();
        // It is stopped when the questions are answered.
        let sending = tokio::spawn(async move {
            let sent = Sent::none_of(10_000_000);
            runners::run(&mut hardware, &sent, rate).await
        });
        let asked = self.ask().await;
        let arrived = self.reads().await? - before;
        let a_second = arrived as f64 / started.elapsed().as_secs_f64();
        ensure!(
            !sending.is_finished(),
            "the hardware could not go on sending"
        );
        sending.abort();
        asked?;
        writeln!(self.out)?;
        self.note(
            a_second >= rate as f64 * ARRIVED,
            format!("{rate} reads a second, {arrived} were stored, {a_second:.0} a second"),
        )
    }

    async fn ask(&mut self) -> Result<()> {
        report::heading(self.out)?;
        let nothing = self.server.url("/nothing");
        self.measure("an answer that asks no database", async |company, _| {
            company.nobody.get(&nothing).send().await?;
            Ok(())
        })
        .await?;
        self.sign_in().await?;
        self.measure("list display sessions", async |company, _| {
            company.operator.get("/api/sessions").await.map(drop)
        })
        .await?;
        let case = "list timing sessions";
        let listed = self
            .measure(case, async |company, _| {
                let path = "/api/chronotrack/sessions";
                company.operator.get(path).await.map(drop)
            })
            .await?;
        self.judge(case, &listed, TIMING_WITHIN)?;
        let case = "preview a timing session";
        let previewed = self
            .measure(case, async |company, _| {
                let path = format!("/api/chronotrack/sessions/{}/preview", company.timing);
                company.operator.get(&path).await.map(drop)
            })
            .await?;
        self.judge(case, &previewed, TIMING_WITHIN)?;
        let case = "generate a URL";
        let url = self
            .measure(case, async |company, _| {
                let session = company.sessions.first().context("no session")?;
                company.operator.share(session).await.map(drop)
            })
            .await?;
        self.judge(case, &url, URL_WITHIN)?;
        let case = "open a template";
        let opened = self
            .measure(case, async |company, _| {
                let path = format!("/api/templates/{}", company.template);
                company.operator.get(&path).await.map(drop)
            })
            .await?;
        self.judge(case, &opened, TEMPLATE_WITHIN)
    }

    async fn sign_in(&mut self) -> Result<()> {
        let path = self.server.url("/api/login");
        let times = self.scale.sign_ins;
        let micros = paced(times, SIGN_INS_PER_SECOND, async |n| {
            let which = n % self.companies.len();
            let body = json!({"email": email(which), "password": PASSWORD});
            let request = self.companies[which].nobody.post(&path);
            request.json(&body).send().await?.error_for_status()?;
            Ok(())
        })
        .await?;
        self.tell("sign in", &micros)
    }

    /// Has the companies ask in turn.
    async fn measure(
        &mut self,
        case: &str,
        ask: impl AsyncFn(&Company, usize) -> Result<()>,
    ) -> Result<Histogram<u64>> {
        let companies = &self.companies;
        let micros = paced(self.scale.questions, PER_SECOND, async |n| {
            ask(&companies[n % companies.len()], n).await
        })
        .await?;
        self.tell(case, &micros)?;
        Ok(micros)
    }

    fn tell(&mut self, case: &str, micros: &Histogram<u64>) -> Result<()> {
        report::latency(self.out, case, micros)?;
        report::spread(self.out, micros)
    }

    /// Compares with what was promised.
    fn judge(&mut self, case: &str, micros: &Histogram<u64>, within: Duration) -> Result<()> {
        let p99 = Duration::from_micros(micros.value_at_quantile(0.99));
        let what = format!("{case} within {within:?}, p99 is {p99:?}");
        self.note(p99 <= within, what)
    }

    /// Says whether something was as promised, where the figures mean anything.
    fn note(&mut self, is_kept: bool, what: String) -> Result<()> {
        if !self.scale.is_judged {
            return Ok(());
        }
        let verdict = if is_kept { "kept" } else { "missed" };
        writeln!(self.out, "{verdict}: {what}")?;
        if !is_kept {
            self.missed.push(what);
        }
        Ok(())
    }

    /// Reads in the database.
    async fn reads(&self) -> Result<i64> {
        let url = format!("http://{}/status", self.server.addresses.status);
        let status: Value = reqwest::get(url).await?.json().await?;
        status["total_reads"].as_i64().context("no total of reads")
    }
}

/// A company's owner at work.
struct Company {
    operator: Operator,
    /// A timing session.
    timing: String,
    /// Display sessions.
    sessions: Vec<String>,
    /// A template of the company's own.
    template: String,
    /// Asks without a token.
    nobody: Client,
}

async fn companies(server: &Server, scale: Scale) -> Result<Vec<Company>> {
    let mut companies = Vec::with_capacity(scale.grown.partners);
    for partner in 0..scale.grown.partners {
        let operator = Operator::log_in_as(&server.url(""), &email(partner), PASSWORD).await?;
        let timing = operator.get("/api/chronotrack/sessions").await?;
        let timing = timing["sessions"][0]["id"].as_str().context("a session")?;
        let there = operator.get("/api/sessions?limit=200").await?;
        let there = there["sessions"].as_array().context("no sessions")?;
        let ids = there.iter().filter_map(|session| session["id"].as_str());
        let mut sessions: Vec<_> = ids.map(str::to_owned).collect();
        while sessions.len() < scale.sessions {
            sessions.push(operator.session(timing, "finish-line", "results").await?);
        }
        companies.push(Company {
            timing: timing.to_owned(),
            template: template(&operator).await?,
            operator,
            sessions,
            nobody: Client::new(),
        });
    }
    Ok(companies)
}

/// The company's own template, which is made where there is none.
async fn template(operator: &Operator) -> Result<String> {
    let there = operator.get("/api/templates").await?;
    let there = there["templates"].as_array().context("no templates")?;
    let own = there.iter().find(|template| template["shipped"] == false);
    let id = if let Some(own) = own {
        own["id"].clone()
    } else {
        let source = shipped::source("finish-line").context("is shipped")?;
        let source = serde_json::from_str(source)?;
        operator.post("/api/templates", &source).await?["id"].take()
    };
    id.as_str().map(str::to_owned).context("no id")
}

/// Asks at a steady pace, and takes from when an answer was due to when it was there, so that a slow answer counts against
/// those that had to wait behind it.
async fn paced(
    times: usize,
    per_second: u64,
    ask: impl AsyncFn(usize) -> Result<()>,
) -> Result<Histogram<u64>> {
    let mut micros = histogram()?;
    let mut pace = interval(Duration::from_micros(1_000_000 / per_second));
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for n in 0..times {
        let due = pace.tick().await;
        ask(n).await?;
        micros.saturating_record(due.elapsed().as_micros() as u64);
    }
    Ok(micros)
}

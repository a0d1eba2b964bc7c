//! `gantry-server demo`

use std::{
    fmt::Write,
    net::{Ipv4Addr, SocketAddr},
};

use anyhow::{Context, bail};
use gantry_core::demo::EVENT_NAME;
use qrcode::{QrCode, render::unicode::Dense1x2};
use tempfile::TempDir;

use super::{claim_store, say, serve::shutdown_on_signal};
use crate::{
    clock,
    config::{Config, cli},
    demo::{self, Company, DemoDisplay, EMAIL, FINISH_LINE},
    hardware::simulate::{SimulateOptions, Simulation},
    http::base_url::base_url,
    launch::{Listeners, launch},
    services::Services,
};

/// Runs a made-up race until it is told to stop.
pub(super) async fn demo(demo: cli::Demo) -> anyhow::Result<()> {
    let cli::Demo { race, mut config } = demo;
    if let Some(name) = &config.timing_partner {
        bail!("--timing-partner '{name}' cannot be had: a demo has a timing partner of its own");
    }
    let _gone_at_the_end = furnish(&mut config)?;
    let (store, claim) = claim_store(&config).await?;
    let company = demo::found(&store).await?;
    config.timing_partner = Some(company.partner.name.clone());
    let options = SimulateOptions {
        runners: race.runners as usize,
        speed: race.speed,
        seed: race.seed,
        start: race.start,
        roster_out: None,
        zone: config.zone(),
        stay: true,
    };
    let simulation = Simulation::prepare(options, clock::now())?;

    let listeners = Listeners::bind(&config).await?;
    let addresses = listeners.addresses()?;
    let shutdown = shutdown_on_signal()?;
    say(&format!("listening {}", serde_json::to_string(&addresses)?))?;
    let base_url = base_url(&config, addresses.http);
    let services = Services::new(config, store);
    // Before the hardware connects, so that its first reads are not missed.
    let reads = services.published.subscribe();
    // The hardware stops with the server, also when the server fails.
    let _stop = shutdown.clone().drop_guard();
    let serving = launch(services.clone(), listeners, shutdown.clone());
    let mut serving = tokio::spawn(claim.during(shutdown.clone(), serving));
    let roster = simulation.roster();
    let racing = tokio::spawn(async move {
        let port = reachable(addresses.timing).to_string();
        simulation.run(&port, shutdown).await
    });
    tokio::select! {
        displays = demo::set_up(&services, company.operator, roster, reads) => {
            let is_local = addresses.http.ip().is_loopback();
            say(&invitation(&base_url, &company, &displays?, race, is_local)?)?;
        }
        served = &mut serving => return served?,
    }
    serving.await??;
    racing.await??;
    Ok(())
}

/// Gives the demo a directory of its own, unless one was asked for: what it makes up must not get among real races.
fn furnish(config: &mut Config) -> anyhow::Result<Option<TempDir>> {
    if config.data_dir.is_some() || config.database_url.is_some() {
        return Ok(None);
    }
    let directory = tempfile::Builder::new()
        .prefix("gantry-demo-")
        .tempdir()
        .context("cannot make a temporary directory")?;
    config.data_dir = Some(directory.path().to_owned());
    Ok(Some(directory))
}

/// The address under which this machine reaches a port of its own.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port())
    } else {
        address
    }
}

/// What to open, and how.
fn invitation(
    base_url: &str,
    company: &Company,
    displays: &[DemoDisplay],
    race: cli::Race,
    is_local: bool,
) -> anyhow::Result<String> {
    let cli::Race { runners, seed, .. } = race;
    let url = |display: &DemoDisplay| format!("{base_url}/display/{}", display.id.as_str());
    let shown = displays.iter().find(|display| display.name == FINISH_LINE);
    let mut text = format!("\n{EVENT_NAME}: {runners} runners over three races, seed {seed}\n\n");
    for display in displays {
        writeln!(text, "  {:<12} {}", display.name, url(display))?;
    }
    writeln!(
        text,
        "\n  Console      gantry --server {base_url} --login {EMAIL}"
    )?;
    writeln!(text, "  Password     {}", company.password)?;
    if let Some(shown) = shown {
        writeln!(text, "  Kiosk        gantry-kiosk {}", url(shown))?;
    }
    writeln!(
        text,
        "\n  From the source, `gantry` is `cargo run --release -p gantry-tui --`, and `gantry-kiosk` is `… -p gantry-kiosk --`."
    )?;
    if is_local {
        writeln!(
            text,
            "  Only this machine can open these; `demo --http 0.0.0.0:8088` lets phones and other screens in."
        )?;
    }
    writeln!(text)?;
    if let Some(shown) = shown {
        let code = QrCode::new(url(shown))?;
        // Light modules are drawn and dark ones left out, because terminals are dark more often than not.
        let picture = code
            .render::<Dense1x2>()
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark)
            .build();
        for line in picture.lines() {
            writeln!(text, "    {line}")?;
        }
        writeln!(
            text,
            "\n  The code is the display {FINISH_LINE:?}; Ctrl-C stops the demo."
        )?;
    }
    Ok(text)
}

//! The binary `gantry`: reads the command line and the environment, and runs the console.

use anyhow::{Context, Result, anyhow, ensure};
use clap::Parser;
use gantry_tui::{
    api::{
        client::Client,
        request::{Password, Request},
    },
    app::{event::Effect, model::Model},
    cli::Args,
    run::{clock::Clock, console, courier::Courier, screen},
    terminal::Terminal,
};

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(
        screen::is_there(),
        "gantry draws on a terminal and reads its keys, and here is none: run it in a terminal window, over SSH with `ssh -t`"
    );
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_installed| anyhow!("failed to install the TLS provider twice"))?;
    let client = Client::new(args.server.clone()).context("failed to set up HTTP")?;
    let terminal = Terminal::from_env(|name| std::env::var(name).ok());
    let clock = Clock::start();
    let zone = jiff::tz::TimeZone::system();
    let mut model = Model::new(args.server.clone(), terminal, zone, &args.login);
    model.now = clock.now();
    let start = log_in(&mut model, &args, std::env::var("GANTRY_PASSWORD").ok());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("failed to start the runtime")?;
    let outcome = runtime.block_on(async {
        let courier = Courier::new(client);
        console::run(model, courier, clock, start).await
    });
    // A request on its way does not keep the operator waiting.
    runtime.shutdown_background();
    outcome
}

/// The login that the environment asks for, when it names both an account and a password.
fn log_in(model: &mut Model, args: &Args, password: Option<String>) -> Vec<Effect> {
    match password {
        Some(password) if !args.login.is_empty() && !password.is_empty() => {
            let request = Request::LogIn {
                email: args.login.clone(),
                password: Password(password),
            };
            if let Some(form) = model.form_mut() {
                form.sent = Some(request.clone());
            }
            vec![Effect::Ask(request)]
        }
        _ => Vec::new(),
    }
}

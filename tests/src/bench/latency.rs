//! From the byte on the timing port to the frame on the screens' sockets: stored, scored, composed and sent.

use std::io::Write;

use anyhow::Result;
use hdrhistogram::Histogram;

use super::{
    relay::Relay,
    report,
    runners::{self, Sent},
    screens::Screens,
};
use crate::{
    operator::Operator,
    venue::{Server, Venue},
};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Reads a second, one after the other.
    pub rates: &'static [u64],
    /// Screens that show the same display.
    pub screens: &'static [usize],
    /// How long the reads come.
    pub seconds: u64,
}

impl Load {
    /// What the figures are made of.
    pub const FULL: Load = Load {
        rates: &[50, 500, 2_000],
        screens: &[1, 100],
        seconds: 10,
    };

    /// Whether it works at all.
    pub const SHORT: Load = Load {
        rates: &[50],
        screens: &[1, 5],
        seconds: 1,
    };
}

/// Measures all cases, each beside the relay that does nothing.
pub async fn run(load: Load, out: &mut impl Write) -> Result<()> {
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let operator = Operator::log_in(&server).await?;
    for rate in load.rates {
        for screens in load.screens {
            let reads = (rate * load.seconds) as usize;
            let case = format!("{rate} reads/s, {screens} displays");
            let floor = relayed(*rate, *screens, reads).await?;
            let event = format!("bench-{rate}-{screens}");
            let measured = served(&server, &operator, &event, *rate, *screens, reads).await?;
            report::heading(out)?;
            report::latency(out, &case, &measured)?;
            report::latency(out, "  a bare relay of the same lines", &floor)?;
            report::spread(out, &measured)?;
            writeln!(out)?;
        }
    }
    server.stop().await?;
    Ok(())
}

/// Through the server.
async fn served(
    server: &Server,
    operator: &Operator,
    event: &str,
    rate: u64,
    screens: usize,
    reads: usize,
) -> Result<Histogram<u64>> {
    let sent = Sent::none_of(reads);
    let mut hardware = runners::connect(server.addresses.timing, event).await?;
    let timing = operator.timing_session(event).await?;
    let session = operator.session(&timing, "finish-line", "results").await?;
    operator.roster(&session, &runners::roster(reads)).await?;
    let display = operator.share(&session).await?;
    let url = format!("{}/live", display.url.replacen("http", "ws", 1));
    let screens = Screens::open(&url, screens, &sent).await?;
    runners::run(&mut hardware, &sent, rate).await?;
    screens.finish().await
}

/// Through the relay.
async fn relayed(rate: u64, screens: usize, reads: usize) -> Result<Histogram<u64>> {
    let sent = Sent::none_of(reads);
    let relay = Relay::start().await?;
    let url = format!("ws://{}/", relay.screens);
    let screens = Screens::open(&url, screens, &sent).await?;
    let mut hardware = tokio::net::TcpStream::connect(relay.timing).await?;
    hardware.set_nodelay(true)?;
    runners::run(&mut hardware, &sent, rate).await?;
    screens.finish().await
}

//! What somebody costs who connects to the timing port and is no timing hardware.
//!
//! The protocol has no login, so whoever reaches the port is listened to. Here many do at once, from several addresses, and each does
//! the worst that it may before it is let go; what the server's memory grows by is shared among them. The kernel's own buffers
//! of their sockets are not the server's and not counted.

use std::{
    fmt,
    fmt::Write as _,
    io::Write,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::sleep,
};

use crate::{
    venue::{Server, Venue},
    wait,
};

/// What one of them may cost at most.
const MOST_KIB: f64 = 64.0;

/// How many come from one address.
const FROM_ONE_ADDRESS: usize = 50;

/// Addresses of one network that they come from.
const OF_ONE_NETWORK: usize = 4;

/// Locations and readers that each invents, as many as are taken, and the longest name that is.
const INVENTED: usize = 32;
const LONGEST_NAME: usize = 64;

/// The longest line, not quite: it never ends.
const HALF_A_LINE: usize = 4_095;

/// How many come at a time before it is measured.
const WARM_UP: usize = 8;

/// How often a sign of life has to come at least, with room to spare.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// How long it may take until all is taken that a crowd invented.
const LONGEST: Duration = Duration::from_mins(5);

/// How many connect at the same time.
#[derive(Clone, Copy, Debug)]
pub struct Crowd(pub usize);

impl Crowd {
    /// For figures that mean something.
    pub const FULL: Self = Self(400);
    /// Enough to see that it works.
    pub const SHORT: Self = Self(40);
}

/// What each of a crowd does.
#[derive(Clone, Copy, Debug)]
enum Peer {
    /// Connects and says nothing.
    Silent,
    /// Begins a line that does not end.
    Unfinished,
    /// Greets, and invents locations and readers with long names, and at last begins such a line.
    Inventive,
}

/// Measures one kind after the other; the error tells which costs too much.
pub async fn run(Crowd(count): Crowd, out: &mut impl Write) -> Result<()> {
    // The client wants one even for plain HTTP; another bench of this process may have named it already.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    // Caches that all share and that have their own bounds are filled first, the database's above all: as many come, few at a time.
    let mut came = 0;
    while came < count {
        let mut few = crowd(&server, Peer::Inventive, came, WARM_UP).await?;
        came += few.len();
        received(&server, &mut few, came).await?;
    }
    writeln!(
        out,
        "{:<48} {:>11} {:>11} {:>9}",
        "peers, resident memory", "before, MiB", "with, MiB", "KiB each"
    )?;
    let mut dear = Vec::new();
    for peer in [Peer::Silent, Peer::Unfinished, Peer::Inventive] {
        nobody(&server).await?;
        let before = resident_kib(&server)?;
        let mut crowd = crowd(&server, peer, came, count).await?;
        if matches!(peer, Peer::Inventive) {
            let received = received(&server, &mut crowd, came + count).await;
            received.with_context(|| venue.log().unwrap_or_default())?;
        }
        let with = resident_kib(&server)?;
        let each = with.saturating_sub(before) as f64 / crowd.len() as f64;
        writeln!(
            out,
            "{:<48} {:>11.1} {:>11.1} {each:>9.1}",
            format!("{count} that {peer}"),
            before as f64 / 1024.0,
            with as f64 / 1024.0,
        )?;
        // A few share the cost of caches that fill for the first time, which is not theirs.
        if each > MOST_KIB && count >= Crowd::FULL.0 {
            dear.push(format!("one that {peer} costs {each:.1} KiB"));
        }
    }
    server.stop().await?;
    if dear.is_empty() {
        writeln!(
            out,
            "kept: a peer that nobody knows costs at most {MOST_KIB} KiB"
        )?;
        return Ok(());
    }
    bail!("more than {MOST_KIB} KiB: {}", dear.join("; "))
}

/// Peers that are connected and have done what they do, as far as they know.
async fn crowd(server: &Server, peer: Peer, first: usize, count: usize) -> Result<Vec<TcpStream>> {
    let mut crowd = Vec::with_capacity(count);
    for number in 0..count {
        let socket = TcpSocket::new_v4()?;
        socket.bind((address(number), 0).into())?;
        let mut stream = socket.connect(server.addresses.timing).await?;
        stream.set_nodelay(true)?;
        match peer {
            Peer::Silent => {}
            Peer::Unfinished => stream.write_all(&[b'A'; HALF_A_LINE]).await?,
            Peer::Inventive => invent(&mut stream, first + number).await?,
        }
        crowd.push(stream);
    }
    Ok(crowd)
}

/// One of the addresses of this machine, few from each network, as the server has a limit for either.
fn address(number: usize) -> Ipv4Addr {
    let address = number / FROM_ONE_ADDRESS;
    let (network, host) = (address / OF_ONE_NETWORK, address % OF_ONE_NETWORK);
    Ipv4Addr::new(127, 0, 1 + network as u8, 1 + host as u8)
}

async fn invent(stream: &mut TcpStream, number: usize) -> Result<()> {
    stream.write_all(b"SimpleClient~0.6.0~CTP01\r\n").await?;
    let mut heard = [0; 4096];
    let count = stream.read(&mut heard).await?;
    ensure!(count > 0, "the server closed");
    let name = |of: &str, place: usize| format!("{of}{number}-{place:-<LONGEST_NAME$}");
    let cut = |name: String| name[..LONGEST_NAME].to_owned();
    let mut said = format!(
        "ack~getconnectionid~{number:040X}\r\nack~geteventinfo~{}~0~x\r\nack~getlocations\r\n",
        "crowd"
    );
    for place in 0..INVENTED {
        let (location, reader) = (cut(name("L", place)), cut(name("R", place)));
        write!(
            said,
            "CT01_33~1~{location}~{place}~08:00:00.00~1~{reader}~1\r\n"
        )?;
    }
    stream.write_all(said.as_bytes()).await?;
    Ok(())
}

/// Waits until all connections are gone.
async fn nobody(server: &Server) -> Result<()> {
    wait::until("the last of a crowd to be gone", async || {
        let open = metric(server, "gantry_timing_connections").await?;
        Ok((open == 0).then_some(()))
    })
    .await
}

/// Waits until everything has come in that a crowd invented, which is more than they may send unseen; then they begin a line that
/// does not end. So many came until now.
async fn received(server: &Server, crowd: &mut [TcpStream], came: usize) -> Result<()> {
    let expected = came * INVENTED;
    let name = "gantry_timing_reads_received_total{protocol=\"chronotrack\"}";
    let mut told = Instant::now();
    wait::within(LONGEST, "what was invented to come in", async || {
        if told.elapsed() > SIGN_OF_LIFE {
            told = Instant::now();
            for stream in &mut *crowd {
                stream.write_all(b"ack~ping\r\n").await?;
            }
        }
        sleep(Duration::from_millis(50)).await;
        Ok((metric(server, name).await? >= expected).then_some(()))
    })
    .await?;
    for stream in &mut *crowd {
        stream.write_all(&[b'A'; HALF_A_LINE]).await?;
    }
    let open = metric(server, "gantry_timing_connections").await?;
    ensure!(open >= crowd.len(), "only {open} are left");
    Ok(())
}

/// A figure of the server's.
async fn metric(server: &Server, name: &str) -> Result<usize> {
    let url = format!("http://{}/metrics", server.addresses.status);
    let text = reqwest::get(&url).await?.text().await?;
    let figure = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    figure
        .context("no such figure")?
        .parse()
        .context("no number")
}

/// The memory of the server that is in use, in KiB.
fn resident_kib(server: &Server) -> Result<u64> {
    let id = server.id().context("the server has ended")?;
    let rollup = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let figure = line.context("no Rss")?.trim().trim_end_matches(" kB");
    figure.parse().context("Rss is no number")
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silent => "say nothing",
            Self::Unfinished => "begin a line and never end it",
            Self::Inventive => "invent 32 locations and readers",
        })
    }
}

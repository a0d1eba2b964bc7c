//! What somebody costs who connects to the timing port and is no timing hardware.
//!
//! The protocol has no login, so whoever reaches the port is listened to. Here many do at once, from several addresses, and each does
//! the worst that it may before it is let go; what the server's memory grows by is shared among them. The kernel's own buffers
//! of their sockets are not the server's and not counted.

use std::{fmt, fmt::Write as _, io::Write, net::Ipv4Addr, time::Duration};

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
const INVENTED: usize = 24;
const LONGEST_NAME: usize = 64;

/// The longest line, not quite: it never ends.
const HALF_A_LINE: usize = 4_095;

/// How many inventive ones come at a time.
const AT_A_TIME: usize = 8;

/// How long to wait before it is asked again how many reads came in.
const PAUSE: Duration = Duration::from_millis(500);

/// How long it may take until all is taken that a crowd invented.
const LONGEST: Duration = Duration::from_mins(5);

/// How many connect at the same time.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// Of those that say little.
    quiet: usize,
    /// Of those that invent something, for each of whose locations the database has to write.
    inventive: usize,
}

impl Crowd {
    /// For figures that mean something.
    pub const FULL: Self = Self {
        quiet: 400,
        inventive: 100,
    };
    /// Enough to see that it works.
    pub const SHORT: Self = Self {
        quiet: 40,
        inventive: 8,
    };
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
pub async fn run(size: Crowd, out: &mut impl Write) -> Result<()> {
    // The client wants one even for plain HTTP; another bench of this process may have named it already.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    // Caches that all share and that have their own bounds are filled first, the database's above all: as many come, few at a time.
    let mut came = 0;
    while came < size.inventive {
        came += inventive(&server, came, AT_A_TIME).await?.len();
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
        let crowd = match peer {
            Peer::Inventive => inventive(&server, came, size.inventive).await,
            _ => others(&server, peer, size.quiet).await,
        };
        let crowd = crowd.with_context(|| venue.log().unwrap_or_default())?;
        let with = resident_kib(&server)?;
        let each = with.saturating_sub(before) as f64 / crowd.len() as f64;
        writeln!(
            out,
            "{:<48} {:>11.1} {:>11.1} {each:>9.1}",
            format!("{} that {peer}", crowd.len()),
            before as f64 / 1024.0,
            with as f64 / 1024.0,
        )?;
        // A few share the cost of caches that fill for the first time, which is not theirs.
        if each > MOST_KIB && size.inventive >= Crowd::FULL.inventive {
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

/// Peers that are connected and have done what they do.
async fn others(server: &Server, peer: Peer, count: usize) -> Result<Vec<TcpStream>> {
    let mut crowd = Vec::with_capacity(count);
    for number in 0..count {
        let mut stream = connect(server, number).await?;
        if matches!(peer, Peer::Unfinished) {
            stream.write_all(&[b'A'; HALF_A_LINE]).await?;
        }
        crowd.push(stream);
    }
    Ok(crowd)
}

/// Inventive ones, after so many others. They come few at a time, because the database is asked for each of their locations.
async fn inventive(server: &Server, came: usize, count: usize) -> Result<Vec<TcpStream>> {
    let mut crowd = Vec::with_capacity(count);
    while crowd.len() < count {
        for number in crowd.len()..count.min(crowd.len() + AT_A_TIME) {
            let mut stream = connect(server, number).await?;
            invent(&mut stream, came + number).await?;
            crowd.push(stream);
        }
        let reads = (came + crowd.len()) * INVENTED;
        received(server, &mut crowd, reads).await?;
    }
    for stream in &mut crowd {
        stream.write_all(&[b'A'; HALF_A_LINE]).await?;
    }
    let open = metric(server, "gantry_timing_connections").await?;
    ensure!(open >= count, "only {open} of {count} are left");
    Ok(crowd)
}

async fn connect(server: &Server, number: usize) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((address(number), 0).into())?;
    let stream = socket.connect(server.addresses.timing).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
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

/// Waits until so many reads have come in, while all of a crowd give signs of life.
async fn received(server: &Server, crowd: &mut [TcpStream], reads: usize) -> Result<()> {
    let name = "gantry_timing_reads_received_total{protocol=\"chronotrack\"}";
    wait::within(LONGEST, "what was invented to come in", async || {
        for stream in &mut *crowd {
            stream.write_all(b"ack~ping\r\n").await?;
        }
        sleep(PAUSE).await;
        Ok((metric(server, name).await? >= reads).then_some(()))
    })
    .await
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
            Self::Inventive => "invent 24 locations and readers",
        })
    }
}

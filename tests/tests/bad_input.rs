//! What comes in on the timing port need not be timing hardware: a real server takes it all and harms nobody for it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use gantry_tests::{
    database::StoredLine,
    hardware::Hardware,
    venue::{Server, Venue},
    wait,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

const GREETING: &[u8] = b"SimpleClient~0.6.0~CTP01\r\n";

/// Opens a connection and sends bytes on it.
async fn send(server: &Server, bytes: &[u8]) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(server.addresses.timing).await?;
    stream.write_all(bytes).await?;
    Ok(stream)
}

/// A connection with room for little that was not read yet, so that it is soon full.
async fn hard_of_hearing(server: &Server) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    Ok(socket.connect(server.addresses.timing).await?)
}

/// Reads until the server closes.
async fn closed(mut stream: TcpStream) -> Result<()> {
    let end = async {
        let mut heard = [0; 4096];
        // A reset is an end as well: the server closed with bytes of ours unread.
        while matches!(stream.read(&mut heard).await, Ok(1..)) {}
    };
    tokio::time::timeout(wait::PATIENCE, end)
        .await
        .context("the server holds the connection")
}

async fn metric(server: &Server, name: &str) -> Result<u64> {
    let url = format!("http://{}/metrics", server.addresses.status);
    let text = reqwest::get(url).await?.text().await?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    value.with_context(|| format!("no metric {name} in {text}"))
}

/// The resident memory of this machine's server, in KiB.
fn memory_kib(server: &Server) -> Result<u64> {
    let id = server.id().context("the server has ended")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    line.trim().trim_end_matches(" kB").parse().context("VmRSS")
}

#[tokio::test]
async fn vandals_are_counted_and_kept_and_harm_nobody() -> Result<()> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let mut honest = Hardware::play(server.addresses.timing, "simpleclient-finish.ctp").await?;
    let before = memory_kib(&server)?;

    let scanner = send(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    let _silent = TcpStream::connect(server.addresses.timing).await?;
    let _half = send(&server, b"SimpleCl").await?;
    let megabyte = [GREETING, &vec![b'A'; 1 << 20], b"\r\n"].concat();
    let _endless = send(&server, &megabyte).await?;
    let not_utf8 = [GREETING, b"ack~geteventinfo~\xff\xfe~0~x\r\n\xc3\x28~~\r\n"].concat();
    let _not_utf8 = send(&server, &not_utf8).await?;
    let separators = [GREETING, b"CT01_33!1!FINISH1!12!08:00:00.00!1!AAAAAA!1\r\n"].concat();
    let _separators = send(&server, &separators).await?;
    let vanishing = send(&server, b"SimpleClient~0.6.0~CTP01\r\nCT01_33~1~FIN").await?;
    drop(vanishing);
    closed(scanner).await?;

    honest
        .send("CT01_33~3~FINISH1~77~2021-05-08T08:20:00.00~1~120044~1")
        .await?;
    wait::until("the honest connection's read", async || {
        let reads = venue.database.reads().await?;
        Ok(reads.iter().any(|read| read.tag == "77").then_some(()))
    })
    .await?;

    let kept = wait::until("the vandals' lines", async || {
        let lines = venue.database.lines().await?;
        let faults: Vec<StoredLine> = lines.into_iter().filter(|l| l.fault.is_some()).collect();
        let has = |part: &[u8]| {
            faults
                .iter()
                .any(|l| l.raw.windows(part.len()).any(|w| w == part))
        };
        let all =
            has(b"GET / HTTP/1.1") && has(b"AAAA") && has(b"\xc3\x28~~") && has(b"FINISH1!12");
        Ok(all.then_some(faults))
    })
    .await?;
    assert!(kept.iter().all(|line| line.peer.starts_with("127.0.0.1:")));
    assert!(
        kept.iter().all(|line| line.raw.len() <= 4096),
        "a line of a megabyte is kept in part"
    );
    assert!(metric(&server, "gantry_timing_faults_total").await? >= kept.len() as u64);
    let grown = memory_kib(&server)?.saturating_sub(before);
    assert!(grown < 32 * 1024, "grown by {grown} KiB");
    assert_eq!(server.stop().await?.code(), Some(0));
    Ok(())
}

/// Sends these bytes, and then one more each second, until the server closes.
async fn trickle(server: &Server, first: &[u8]) -> Result<()> {
    let mut stream = send(server, first).await?;
    let end = async {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        let mut heard = [0; 4096];
        loop {
            tokio::select! {
                read = stream.read(&mut heard) => match read {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => return,
                },
                _ = second.tick() => {
                    // When it fails the server has closed, which the next read tells.
                    let _ = stream.write_all(b"x").await;
                }
            }
        }
    };
    tokio::time::timeout(2 * wait::PATIENCE, end)
        .await
        .with_context(|| {
            format!(
                "the server holds on to {:?}",
                String::from_utf8_lossy(first)
            )
        })
}

#[tokio::test]
async fn who_never_comes_to_the_point_is_let_go() -> Result<()> {
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let silent = async { closed(TcpStream::connect(server.addresses.timing).await?).await };
    let introduced =
        b"ack~getconnectionid~255F\r\nack~geteventinfo~R~0~R\r\nack~getlocations~9K\r\n";
    let introduced = [GREETING, introduced].concat();
    tokio::try_join!(
        silent,
        trickle(&server, b"SimpleClient~"),
        trickle(&server, GREETING),
        trickle(&server, &introduced),
    )?;
    Ok(())
}

#[tokio::test]
async fn a_client_that_stops_reading_is_let_go() -> Result<()> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let faults = metric(&server, "gantry_timing_faults_total").await?;
    // Each ping is answered, and the answers are never read, until the server has had enough.
    let mut deaf = hard_of_hearing(&server).await?;
    deaf.write_all(GREETING).await?;
    let pings = b"ping\r\n".repeat(10_000);
    let stuffing = async { while deaf.write_all(&pings).await.is_ok() {} };
    tokio::time::timeout(3 * wait::PATIENCE, stuffing)
        .await
        .context("a client that does not read is kept")?;
    assert!(metric(&server, "gantry_timing_faults_total").await? > faults);
    let memory = memory_kib(&server)?;
    assert!(memory < 200 * 1024, "{memory} KiB");
    Hardware::play(server.addresses.timing, "simpleclient-finish.ctp").await?;
    wait::until("another connection's read", async || {
        let reads = venue.database.reads().await?;
        Ok(reads.iter().any(|read| read.tag == "3848").then_some(()))
    })
    .await?;
    assert_eq!(server.stop().await?.code(), Some(0));
    Ok(())
}

#[tokio::test]
async fn awkward_lines_of_real_hardware_are_no_bad_input() -> Result<()> {
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let _hardware = Hardware::play(server.addresses.timing, "simpleclient-awkward.ctp").await?;
    let reads = wait::until("the read", async || {
        let reads = venue.database.reads().await?;
        Ok((!reads.is_empty()).then_some(reads))
    })
    .await?;
    assert_eq!(reads.len(), 1, "a repeat is stored once: {reads:?}");
    assert_eq!(reads[0].location, "FINISH1Start Line \u{e9}~1");
    assert_eq!(
        reads[0].raw,
        b"CT01_33~6~FINISH1Start Line \xe9~1~9511~2021-05-07T23:34:52.64~1~12000C~8"
    );
    Ok(())
}

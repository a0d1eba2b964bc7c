//! Hardware of other makes, each with one passing.

use anyhow::{Context as _, Result, ensure};
use gantry_core::{
    hardware::{
        jchip::Reader,
        mylaps::{Exporter, Passing},
        raceresult::DecoderBox,
    },
    time::Moment,
};
use gantry_tests::wait;
use jiff::civil::{DateTime, datetime};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

const AT: DateTime = datetime(2026, 7, 12, 13, 0, 0, 0);

/// A reader with one passing, which it sends once it may.
pub(crate) async fn jchip_reader(port: u16) -> Result<()> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    let (mut reader, greeting) = Reader::connect("FINISH");
    socket.write_all(&greeting).await?;
    while !reader.is_started() {
        let heard = hear(&mut socket).await?;
        socket.write_all(&reader.receive(&heard, AT)).await?;
    }
    socket.write_all(&reader.read("0041", AT)).await?;
    socket.shutdown().await?;
    while socket.read(&mut [0; 64]).await? > 0 {}
    Ok(())
}

/// An exporter with one passing, which it sends until it is acknowledged.
pub(crate) async fn mylaps_exporter(port: u16) -> Result<()> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    let mut exporter = Exporter::new("10KM");
    let chip = "A000041".to_owned();
    exporter.record(Passing { chip, at: AT });
    socket.write_all(&exporter.connect()).await?;
    while !exporter.is_done() {
        let heard = hear(&mut socket).await?;
        let answer = exporter.receive(&heard, Moment(0));
        socket.write_all(&answer).await?;
    }
    Ok(())
}

/// A decoder with one passing, which waits to be called; and where.
pub(crate) async fn decoder_box() -> Result<(String, JoinHandle<Result<()>>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let mut hardware = DecoderBox::default();
    hardware.record("T41", AT);
    let answering = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await?;
            let mut chunk = vec![0; 4096];
            while let Ok(count) = socket.read(&mut chunk).await
                && count > 0
            {
                let answer = hardware.receive(&chunk[..count], AT);
                socket.write_all(&answer).await?;
            }
        }
    });
    Ok((address, answering))
}

/// What the server says next.
async fn hear(socket: &mut TcpStream) -> Result<Vec<u8>> {
    let mut chunk = vec![0; 4096];
    let read = tokio::time::timeout(wait::PATIENCE, socket.read(&mut chunk));
    let count = read.await.context("the server says nothing")??;
    ensure!(count > 0, "the server closed");
    chunk.truncate(count);
    Ok(chunk)
}

//! The server's edge as a browser meets it: TLS, and pages that load nothing from elsewhere.

use std::fs;

use anyhow::Result;
use gantry_tests::{
    browser::Browser,
    programs,
    race::Race,
    venue::{Addresses, Venue},
    wait,
};

/// Something that the page shows once a stream has brought it.
const SHOWN: &str = "document.querySelectorAll('#picture text').length > 0";

#[tokio::test]
async fn a_typed_code_opens_its_display_over_tls_and_nothing_from_elsewhere() -> Result<()> {
    let venue = Venue::new().await?;
    let plain = venue.serve().await?;
    let race = Race::start(&plain).await?;
    let code = race
        .display
        .url
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    drop(race);
    plain.stop().await?;

    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let file = |name: &str| venue.path().join(name).display().to_string();
    let (certificate, key) = (file("cert.pem"), file("key.pem"));
    fs::write(&certificate, made.cert.pem())?;
    fs::write(&key, made.signing_key.serialize_pem())?;
    let options = ["--tls-cert", &certificate, "--tls-key", &key];
    let server = venue.serve_with(Addresses::any(), &options).await?;
    let base = format!("https://{}", server.addresses.http);

    let mut browser = Browser::start(960, 540).await?;
    browser.believe_certificates().await?;
    browser.open(&format!("{base}/")).await?;
    let typed = format!(
        "document.querySelector('#code').value = '{}', document.querySelector('button').click(), true",
        code.to_uppercase()
    );
    browser.evaluate::<bool>(&typed).await?;
    browser.wait_for(SHOWN).await?;
    let address: String = browser.evaluate("location.href").await?;
    assert_eq!(address, format!("{base}/display/{code}"));
    assert_eq!(browser.take_complaints(), Vec::<String>::new());

    for elsewhere in [
        "document.body.append(Object.assign(new Image(), { src: 'https://elsewhere.invalid/x.png' })), true",
        "fetch('https://elsewhere.invalid/').catch(() => 0), true",
        "document.body.append(Object.assign(document.createElement('script'), { text: 'document.title = 1' })), true",
        "document.body.setAttribute('style', 'color: red'), true",
    ] {
        browser.evaluate::<bool>(elsewhere).await?;
        let complaint = wait::until("the browser's refusal", async || {
            browser.evaluate::<bool>("true").await?;
            Ok(browser.take_complaints().pop())
        })
        .await?;
        assert!(complaint.contains("Content Security Policy"), "{complaint}");
    }
    browser.quit().await?;
    assert!(server.stop().await?.success());
    Ok(())
}

#[tokio::test]
async fn a_certificate_that_is_none_is_refused_before_a_port_is_bound() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("cert.pem");
    fs::write(&file, "no certificate")?;
    let file = file.display().to_string();
    for (arguments, expected) in [
        (vec!["--tls-cert", &file], "expected --tls-key with it"),
        (
            vec!["--tls-cert", &file, "--tls-key", &file],
            "expected a chain of certificates",
        ),
    ] {
        let arguments = [&["serve"], &arguments[..]].concat();
        let output = programs::run("gantry-server", &arguments, "").await?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(output.stdout.is_empty(), "it says that it listens");
        for part in ["--tls-cert", "cert.pem", expected] {
            assert!(said.contains(part), "{said} should contain {part}");
        }
    }
    Ok(())
}

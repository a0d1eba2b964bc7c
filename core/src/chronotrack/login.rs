//! How a client proves that it knows a password, for ports that anybody can reach.
//!
//! The vendor's document and its program disagree on what is hashed. Whatever either of them would send is accepted.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::{Digest, Sha1};

use crate::decoder::text;

/// What a server may ask for with the option `authentication`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The password itself.
    Plaintext,
    /// HMAC-SHA-1 of password and seed.
    HmacSha1,
    /// HMAC-MD5 of password and seed.
    HmacMd5,
    /// SHA-1 of password and seed, one behind the other.
    SeedSha1,
    /// MD5 of the same.
    SeedMd5,
}

/// What a client must know to be let in.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// How it proves that it does.
    pub method: Method,
    /// Its name.
    pub user: String,
    /// The password.
    pub password: String,
    /// Hexadecimal digits of even number, other ones for every connection, so that no proof can be used again.
    pub seed: String,
}

impl Method {
    /// All there are.
    pub const ALL: [Self; 5] = [
        Self::Plaintext,
        Self::HmacSha1,
        Self::HmacMd5,
        Self::SeedSha1,
        Self::SeedMd5,
    ];

    /// The option's value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::HmacSha1 => "hmac-sha1",
            Self::HmacMd5 => "hmac-md5",
            Self::SeedSha1 => "seed-sha1",
            Self::SeedMd5 => "seed-md5",
        }
    }

    /// The method of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// What real software sends.
    pub(super) fn proof(self, password: &str, seed: &str) -> String {
        let (password, seed) = (text::encode(password), text::encode(seed));
        match self {
            Self::Plaintext => text::decode(&password).into_owned(),
            Self::HmacSha1 | Self::HmacMd5 => self.digest(&unhex(&seed).unwrap_or(seed), &password),
            Self::SeedSha1 | Self::SeedMd5 => self.digest(&password, &seed).to_uppercase(),
        }
    }

    /// What the vendor's document says.
    fn documented_proof(self, password: &str, seed: &str) -> String {
        let (password, seed) = (text::encode(password), text::encode(seed));
        match self {
            Self::Plaintext => text::decode(&password).into_owned(),
            Self::HmacSha1 | Self::HmacMd5 => self.digest(&password, &seed),
            Self::SeedSha1 | Self::SeedMd5 => self.digest(&seed, &password),
        }
    }

    /// The hash over a key and a message, or over the one behind the other, in hexadecimal digits.
    fn digest(self, first: &[u8], second: &[u8]) -> String {
        match self {
            Self::Plaintext => String::new(),
            Self::HmacSha1 => hex(&hmac::<Hmac<Sha1>>(first, second)),
            Self::HmacMd5 => hex(&hmac::<Hmac<Md5>>(first, second)),
            Self::SeedSha1 => hex(&Sha1::digest([first, second].concat())),
            Self::SeedMd5 => hex(&Md5::digest([first, second].concat())),
        }
    }
}

impl Login {
    /// The options that ask for it.
    pub(super) fn options(&self) -> Vec<String> {
        let mut options = vec![format!("authentication={}", self.method.name())];
        if self.method != Method::Plaintext {
            options.push(format!("authentication-seed={}", self.seed));
        }
        options
    }

    /// Whether this is the client that is meant.
    pub(super) fn accepts(&self, user: &str, proof: &str) -> bool {
        let proofs = [
            self.method.proof(&self.password, &self.seed),
            self.method.documented_proof(&self.password, &self.seed),
        ];
        let is_proof = |expected: &String| match self.method {
            Method::Plaintext => expected == proof,
            _ => expected.eq_ignore_ascii_case(proof),
        };
        user == self.user && proofs.iter().any(is_proof)
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

fn hmac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    // A key of any length is taken.
    M::new_from_slice(key).map_or_else(
        |_no_such_length| Vec::new(),
        |mac| mac.chain_update(message).finalize().into_bytes().to_vec(),
    )
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digits = std::str::from_utf8(digits).ok()?;
    let is_even = digits.len().is_multiple_of(2) && digits.is_ascii();
    let pairs = is_even.then(|| (0..digits.len()).step_by(2))?;
    pairs
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(method: Method) -> Login {
        Login {
            method,
            user: "user1".into(),
            password: "pa55".into(),
            seed: "abc123".into(),
        }
    }

    #[test]
    fn what_real_software_sends_is_accepted() {
        for (method, proof) in [
            (Method::Plaintext, "pa55"),
            (Method::HmacSha1, "84ccba6207627be92df74215252845dc9364d77d"),
            (Method::HmacMd5, "d915029c0427872a0fcb9a4430095884"),
            (Method::SeedSha1, "F3424520BDE3721CC28016908FB0E5FC284A61BC"),
            (Method::SeedMd5, "CB1212287B469278ACF701D419FFAF84"),
        ] {
            let login = login(method);
            assert_eq!(method.proof("pa55", "abc123"), proof);
            assert!(login.accepts("user1", proof), "{method:?}");
            assert!(!login.accepts("user2", proof));
            assert!(!login.accepts("user1", "pa56"));
            assert!(!login.accepts("user1", ""));
            assert_eq!(Method::named(method.name()), Some(method));
        }
        let no_seed = "cdfb892b3f8c651fb699cc78cf33558034f9d014";
        assert_eq!(Method::HmacSha1.proof("pa55", ""), no_seed);
        assert!(!login(Method::Plaintext).accepts("user1", "PA55"));
    }

    #[test]
    fn what_the_document_says_is_accepted_in_either_case() {
        for method in Method::ALL
            .into_iter()
            .filter(|method| *method != Method::Plaintext)
        {
            let documented = method.documented_proof("pa55", "abc123");
            assert_ne!(documented, method.proof("pa55", "abc123").to_lowercase());
            assert!(login(method).accepts("user1", &documented));
            assert!(login(method).accepts("user1", &documented.to_uppercase()));
        }
    }

    #[test]
    fn the_password_is_in_no_log() {
        let told = format!("{:?}", login(Method::Plaintext));
        assert_eq!(told, "Login { method: Plaintext, .. }");
    }
}

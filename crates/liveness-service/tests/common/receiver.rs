// SPDX-License-Identifier: MIT OR Apache-2.0

//! A webhook's receiver on the loopback, as good or bad as a test wants it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// A request that arrived.
#[derive(Clone)]
pub struct Request {
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The manner in which the server answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Manner {
    Accepts,
    Fails,
    /// Answers that it does not want it.
    Rejects,
    /// Sends on to another host.
    Redirects,
    Hangs,
    /// Reads the request and hangs up.
    Drops,
    /// Asks to be left alone for two minutes.
    Busy,
    /// Answers 500 with 10 MB.
    Babbles,
}

pub struct Receiver {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    manner: Arc<Mutex<Manner>>,
}

impl Receiver {
    pub fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (requests, manner) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(manner)));
        let (kept, how) = (requests.clone(), manner.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, how) = (kept.clone(), how.clone());
                thread::spawn(move || {
                    let manner = *how.lock().unwrap();
                    serve(stream, &kept, manner)
                });
            }
        });
        Self { url, requests, manner }
    }

    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, kept: &Mutex<Vec<Request>>, manner: Manner) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    let mut headers = Vec::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        line.clear();
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    // Who was killed on the way has sent nothing.
    if length == 0 || reader.read_exact(&mut body).is_err() {
        return;
    }
    kept.lock().unwrap().push(Request { headers, body: String::from_utf8(body).unwrap() });
    let mut stream = stream;
    let mut answer = |text: &str| drop(stream.write_all(text.as_bytes()));
    match manner {
        Manner::Accepts => answer("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
        Manner::Fails => answer("HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Manner::Busy => {
            answer("HTTP/1.1 429 No\r\nRetry-After: 120\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        Manner::Rejects => answer("HTTP/1.1 400 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Manner::Redirects => answer(
            "HTTP/1.1 302 Found\r\nLocation: http://other.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ),
        Manner::Hangs => thread::sleep(Duration::from_secs(30)),
        Manner::Drops => {}
        Manner::Babbles => {
            answer("HTTP/1.1 500 No\r\nContent-Length: 10000000\r\nConnection: close\r\n\r\n");
            answer(&"x".repeat(10_000_000));
        }
    }
}

//! A warehouse in a bucket: the same words, the same figures, conditional puts.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::city::{City, example};
use crate::tools::has_python;

/// An S3 server of the tests' own, with one bucket, `city`.
pub struct Bucket {
    server: Child,
    endpoint: String,
}

impl Bucket {
    /// Starts the server. It answers one request after the other: what looks and then writes (a conditional put) is one step,
    /// as it is with a real one.
    pub fn start() -> Bucket {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let endpoint = format!("http://127.0.0.1:{port}");
        let script = "import logging, sys, threading, time, boto3\n\
             from moto.server import DomainDispatcherApplication, create_backend_app\n\
             from werkzeug.serving import make_server\n\
             logging.getLogger('werkzeug').setLevel(logging.ERROR)\n\
             app = DomainDispatcherApplication(create_backend_app)\n\
             server = make_server('127.0.0.1', int(sys.argv[1]), app, threaded=False)\n\
             threading.Thread(target=server.serve_forever, daemon=True).start()\n\
             boto3.client('s3', endpoint_url=sys.argv[2], region_name='us-east-1', aws_access_key_id='test', \
                 aws_secret_access_key='test').create_bucket(Bucket='city')\n\
             print('ready', flush=True)\n\
             time.sleep(7200)\n";
        let mut server = Command::new("python3")
            .args(["-c", script, &port.to_string(), &endpoint])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 starts");
        let mut line = String::new();
        BufReader::new(server.stdout.take().expect("piped")).read_line(&mut line).expect("the server speaks");
        assert_eq!(line.trim(), "ready");
        Bucket { server, endpoint }
    }

    /// What the command needs to find the server.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let fixed = [
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ];
        let endpoint = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT"].map(|name| (name, self.endpoint.clone()));
        endpoint.into_iter().chain(fixed.map(|(name, value)| (name, value.to_owned()))).collect()
    }

    /// Copies all objects below a prefix into a folder.
    pub fn download(&self, prefix: &str, folder: &Path) {
        self.python(
            "for page in s3.get_paginator('list_objects_v2').paginate(Bucket='city', Prefix=sys.argv[2]):\n\
             \x20   for one in page.get('Contents', []):\n\
             \x20       path = os.path.join(sys.argv[3], one['Key'][len(sys.argv[2]):])\n\
             \x20       os.makedirs(os.path.dirname(path), exist_ok=True)\n\
             \x20       s3.download_file('city', one['Key'], path)\n",
            &[prefix, &folder.display().to_string()],
        );
    }

    /// Stores a file's bytes under a key.
    pub fn upload(&self, file: &Path, key: &str) {
        self.python("s3.upload_file(sys.argv[2], 'city', sys.argv[3])\n", &[&file.display().to_string(), key]);
    }

    /// The keys below a prefix.
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        let text = self.python(
            "for page in s3.get_paginator('list_objects_v2').paginate(Bucket='city', Prefix=sys.argv[2]):\n\
             \x20   for one in page.get('Contents', []): print(one['Key'])\n",
            &[prefix],
        );
        text.lines().map(str::to_owned).collect()
    }

    fn python(&self, script: &str, words: &[&str]) -> String {
        let client = "import os, sys, boto3\n\
             s3 = boto3.client('s3', endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='test', \
                 aws_secret_access_key='test')\n";
        let output = Command::new("python3")
            .args(["-c", &format!("{client}{script}"), &self.endpoint])
            .args(words)
            .output()
            .expect("python3 starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

#[test]
fn a_bucket_holds_a_city_as_a_folder_does() {
    if !has_python("moto.server, boto3") {
        return;
    }
    let bucket = Bucket::start();
    let keys = tempfile::tempdir().expect("a folder");
    let kehou = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_kehou"))
            .args(words)
            .env("KEHOU_WAREHOUSE", "s3://city/kehou")
            .env("KEHOU_KEYS", keys.path())
            .envs(bucket.env())
            .output()
            .expect("the command starts");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "kehou {words:?}:\n{out}\n{err}");
        out.into_owned()
    };
    let path = |part: &str| example().join(part).display().to_string();
    kehou(&["init", "--reference", &path("reference")]);
    kehou(&["ingest", &path("inbox"), "--received", "folder"]);
    kehou(&["transform", "--today", "2020-03-01"]);
    let local = City::with_release();
    let sql = "select * from indicator_value order by indicator, level, unit_id, period_type, period, dimension";
    assert_eq!(kehou(&["query", sql, "--format", "csv"]), local.ok(&["query", sql, "--format", "csv"]));
    kehou(&["verify"]);
}

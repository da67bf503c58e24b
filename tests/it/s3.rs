//! A warehouse in a bucket: the same words, the same figures, conditional puts.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use crate::city::{City, example};
use crate::tools::has_python;

/// An S3 server of the tests' own, with one bucket.
struct Bucket {
    server: Child,
    endpoint: String,
}

impl Bucket {
    fn start() -> Bucket {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let endpoint = format!("http://127.0.0.1:{port}");
        let script = "import sys, time, boto3\n\
             from moto.server import ThreadedMotoServer\n\
             server = ThreadedMotoServer(ip_address='127.0.0.1', port=int(sys.argv[1]), verbose=False)\n\
             server.start()\n\
             boto3.client('s3', endpoint_url=sys.argv[2], region_name='us-east-1', aws_access_key_id='test', \
                 aws_secret_access_key='test').create_bucket(Bucket='city')\n\
             print('ready', flush=True)\n\
             time.sleep(600)\n";
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
            .envs([
                ("KEHOU_WAREHOUSE", "s3://city/kehou"),
                ("KEHOU_KEYS", keys.path().to_str().expect("a plain path")),
                ("AWS_ENDPOINT_URL", &bucket.endpoint),
                ("AWS_ENDPOINT", &bucket.endpoint),
                ("AWS_ALLOW_HTTP", "true"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
            ])
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
    let local = City::with_example();
    local.transform();
    let sql = "select * from indicator_value order by indicator, level, unit_id, period_type, period, dimension";
    assert_eq!(kehou(&["query", sql, "--format", "csv"]), local.ok(&["query", sql, "--format", "csv"]));
    kehou(&["verify"]);
}

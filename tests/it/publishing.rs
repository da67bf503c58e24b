//! The server makes releases by processes of its own, and gives way to those of others.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use warehouse::Warehouse;

use crate::city::City;
use crate::facts::run;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn releases(city: &City) -> Vec<String> {
    city.query("select today from release order by release").iter().map(|release| release["today"].clone()).collect()
}

#[test]
fn a_run_waits_for_another_process_and_the_folder_of_the_environment_is_not_its_own() {
    let city = City::with_release();
    let lock = run(async {
        let warehouse = Warehouse::open(&city.warehouse().display().to_string()).await.expect("a warehouse");
        warehouse.lock("transform").await.expect("nobody else's")
    });
    let refused = city.command(&["transform", "--today", "2020-03-02"]).output().expect("it starts");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(3) && said.contains("another transform is running"), "{said}");

    // A new day makes a release, once the other process lets go. The folder would end each run.
    let mut serve = city.command(&["serve", "--listen", "127.0.0.1:0", "--today", "2020-03-02"]);
    serve.env("KEHOU_SQL", city.folder().join("nowhere"));
    let mut server = Server(serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts"));
    let mut lines = BufReader::new(server.0.stdout.take().expect("piped")).lines().map_while(Result::ok);
    assert!(lines.next().is_some_and(|line| line.starts_with("http://")));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(releases(&city), ["2020-03-01"]);
    drop(lock);
    let began = Instant::now();
    while releases(&city).len() < 2 {
        assert!(began.elapsed() < Duration::from_secs(120), "the server gave up");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(releases(&city), ["2020-03-01", "2020-03-02"]);
}

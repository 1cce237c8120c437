//! Which files are read: folders, links, pipes, and what cannot be opened.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use crate::lines::{gzip, refused};
use crate::run::{Analyzed, Logs, code, ended, sigdrift, text};

const TEXT: Option<&str> = Some("s3-access-log");

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    text(&id.stdout).trim() == "0"
}

#[test]
fn folders_are_read_to_the_bottom_whatever_the_names() {
    let logs = Logs::new();
    logs.add("a/b/c/2026-04-15-07-45-00-0123456789ABCDEF", refused("A"));
    logs.add("a/.hidden", refused("B"));
    logs.add("wrong.gz", refused("C"));
    logs.add("wrong.json", gzip(refused("D").as_bytes()));
    logs.add("zstd.log", zstd::encode_all(refused("E").as_bytes(), 1).unwrap());
    let analyzed = logs.analyzed(&[]);
    assert_eq!((analyzed.code, analyzed.source(TEXT)), (Some(0), Some([5, 5, 0, 0])));
    assert_eq!(analyzed.failures(), 5);
}

#[test]
fn a_file_named_twice_is_read_once() {
    let logs = Logs::of(refused("A"));
    symlink(logs.path().join("log"), logs.path().join("link")).unwrap();
    let paths = [logs.path().to_owned(), logs.path().join("log"), logs.path().to_owned()];
    let analyzed = Analyzed::of(sigdrift().args(["analyze", "--json"]).args(paths));
    assert_eq!((analyzed.code, analyzed.source(TEXT)), (Some(0), Some([1, 1, 0, 0])));
}

/// As root every permission is granted, so there another thing that cannot be read stands in: a
/// file whose bytes the kernel refuses.
#[test]
fn what_may_not_be_read_is_named_and_the_rest_is_read() {
    let logs = Logs::of(refused("A"));
    let locked = logs.path().join("locked");
    if is_root() {
        symlink("/proc/self/mem", &locked).unwrap();
    } else {
        fs::create_dir(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    }
    let analyzed = logs.analyzed(&[]);
    if !is_root() {
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
    }
    assert_eq!((analyzed.code, analyzed.failures()), (Some(3), 1));
    let [objects, records, _, unreadable] = analyzed.source(None).unwrap();
    assert_eq!((objects, records, unreadable), (1, 0, 1));
    assert!(analyzed.printed.contains("locked"));
}

#[test]
fn a_file_that_is_gone_is_named_and_the_rest_is_read() {
    let logs = Logs::of(refused("A"));
    symlink(logs.path().join("gone"), logs.path().join("dangling")).unwrap();
    let analyzed = logs.analyzed(&[]);
    assert_eq!((analyzed.code, analyzed.failures()), (Some(3), 1));
    assert_eq!(analyzed.source(None), Some([1, 0, 0, 1]));
    assert!(analyzed.printed.contains("dangling"));
}

#[test]
fn a_loop_of_folders_ends() {
    let logs = Logs::new();
    logs.add("a/b/log", refused("A"));
    symlink(logs.path(), logs.path().join("a/b/loop")).unwrap();
    let analyzed = logs.analyzed(&[]);
    assert_eq!((analyzed.code, analyzed.source(TEXT)), (Some(3), Some([1, 1, 0, 0])));
    assert_eq!(analyzed.source(None), Some([1, 0, 0, 1]));
}

#[test]
fn a_pipe_in_a_folder_does_not_hang_and_one_that_is_named_is_read() {
    let logs = Logs::of(refused("A"));
    let pipe = logs.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let analyzed = logs.analyzed(&[]);
    assert_eq!((analyzed.code, analyzed.source(None)), (Some(3), Some([1, 0, 0, 1])));

    let running = sigdrift()
        .args(["analyze", "--json"])
        .arg(&pipe)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut write = OpenOptions::new().write(true).open(&pipe).unwrap();
    std::io::Write::write_all(&mut write, refused("B").as_bytes()).unwrap();
    drop(write);
    let analyzed = Analyzed::from(&running.wait_with_output().unwrap());
    assert_eq!((analyzed.code, analyzed.source(TEXT)), (Some(0), Some([1, 1, 0, 0])));
}

#[test]
fn nothing_readable_is_an_error() {
    let logs = Logs::new();
    let missing = logs.path().join("missing");
    for json in [&[][..], &["--json"]] {
        let end = sigdrift().arg("analyze").args(json).arg(&missing).output().unwrap();
        assert_eq!(code(&end), Some(2));
        assert!(text(&end.stderr).contains("missing"));
    }
    let binary = Logs::of([0_u8, 159, 146, 150, 0, 255, 254].repeat(1000));
    assert_eq!(code(&ended(["analyze".as_ref(), binary.path().as_os_str()])), Some(2));
    let dangling = Logs::new();
    symlink(&missing, dangling.path().join("dangling")).unwrap();
    assert_eq!(code(&ended(["analyze".as_ref(), dangling.path().as_os_str()])), Some(2));
    let broken = Logs::of(&gzip(refused("A").as_bytes())[..12]);
    assert_eq!(code(&ended(["analyze".as_ref(), broken.path().as_os_str()])), Some(2));
}

#[test]
fn one_missing_path_among_others_is_named() {
    let logs = Logs::of(refused("A"));
    let missing = logs.path().join("missing");
    let analyzed =
        Analyzed::of(sigdrift().args(["analyze", "--json"]).arg(logs.path()).arg(missing));
    assert_eq!((analyzed.code, analyzed.failures()), (Some(3), 1));
    assert_eq!(analyzed.source(None), Some([1, 0, 0, 1]));
}

#[test]
fn standard_input_is_read_once() {
    let plain = refused("A") + &refused("B");
    for input in [plain.clone().into_bytes(), gzip(plain.as_bytes())] {
        let analyzed = Analyzed::of_stdin(sigdrift().args(["analyze", "--json", "-", "-"]), &input);
        assert_eq!((analyzed.code, analyzed.source(TEXT)), (Some(0), Some([1, 2, 0, 0])));
    }
    let analyzed = Analyzed::of_stdin(sigdrift().args(["analyze", "--json", "-"]), b"");
    assert_eq!((analyzed.code, analyzed.source(None)), (Some(0), Some([1, 0, 0, 0])));
    let damaged = refused("A") + "damaged\n";
    let analyzed =
        Analyzed::of_stdin(sigdrift().args(["analyze", "--json", "-"]), damaged.as_bytes());
    assert_eq!((analyzed.code, analyzed.problems()[0].0.as_str()), (Some(3), "line 2"));
    assert!(analyzed.printed.contains(r#""object": "-""#));
}

#[test]
fn standard_input_and_files_are_added_up() {
    let logs = Logs::of(refused("A"));
    let command = &mut sigdrift();
    let analyzed = Analyzed::of_stdin(
        command.args(["analyze", "--json", "-"]).arg(logs.path()),
        refused("B").as_bytes(),
    );
    assert_eq!((analyzed.code, analyzed.source(TEXT)), (Some(0), Some([2, 2, 0, 0])));
}

#[test]
fn a_result_that_cannot_be_written_is_an_error_and_no_panic() {
    let logs = Logs::of(refused("A"));
    for json in [&[][..], &["--json"]] {
        let mut running = sigdrift()
            .arg("analyze")
            .args(json)
            .arg("-")
            .arg(logs.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It waits for its input until the other end of its output is closed.
        drop(running.stdout.take());
        drop(running.stdin.take());
        let end = running.wait_with_output().unwrap();
        assert_eq!(code(&end), Some(2));
        assert_eq!(text(&end.stderr), "");

        let full = File::options().write(true).open("/dev/full").unwrap();
        let end = sigdrift()
            .arg("analyze")
            .args(json)
            .arg(logs.path())
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        assert_eq!(code(&end), Some(2));
        assert!(text(&end.stderr).contains("cannot write"), "{}", text(&end.stderr));
    }
}

#[test]
fn a_folder_without_files_is_nothing_to_read() {
    let logs = Logs::new();
    let end = crate::run::ended(["analyze", logs.path().to_str().unwrap()]);
    assert_eq!(crate::run::code(&end), Some(2));
    let told = crate::run::text(&end.stderr);
    let named = format!("there is no file in {}", logs.path().display());
    assert!(told.contains(&named), "{told}");
}

#[test]
fn a_window_behind_all_logs_does_not_run_backwards() {
    let logs = Logs::of(crate::lines::accepted("R1"));
    let told = logs.analyzed(&["--from", "2026-05-01T00:00:00Z"]);
    assert_eq!(told.json["window"]["from"], "2026-05-01T00:00:00Z");
    assert_eq!(told.json["window"]["to"], "2026-05-01T00:00:00Z");
    assert_eq!(told.failures(), 0);
}

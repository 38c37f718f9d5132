use super::*;
use crate::testing::gpu;
use crate::tune::tests::model;
use crate::variant::Wide;

/// A directory that is gone afterwards.
struct Directory(std::path::PathBuf);

impl Directory {
    fn new(name: &str) -> (Directory, Store) {
        let path = std::env::temp_dir().join(format!("assay-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        (Directory(path.clone()), Store::at(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn key(driver_info: &str) -> Key {
    let text = String::from;
    Key {
        vendor: 1,
        device: 2,
        name: text("card"),
        bus: text("0000:01:00.0"),
        driver: text("driver"),
        driver_info: driver_info.into(),
        kernels: text("kernels"),
        shapes: text("shapes"),
    }
}

fn keep(store: &Store, key: &Key, plan: &Plan) {
    let content = Remembered { key: key.clone(), plan: plan.clone() };
    store.write(&key.file(), &serde_json::to_vec(&content).unwrap());
}

/// A plan that no search would find.
fn odd() -> Plan {
    Plan { row_lanes: 128, ..Plan::PORTABLE }
}

#[test]
fn a_plan_is_remembered_for_its_driver_only() {
    let (_directory, store) = Directory::new("driver");
    keep(&store, &key("1.0"), &odd());
    assert_eq!(recall(&store, &key("1.0")), Some(odd()));
    assert_eq!(recall(&store, &key("1.1")), None);
    // Even where a file stands under the other's name.
    let content = store.read(&key("1.0").file()).unwrap();
    store.write(&key("1.1").file(), &content);
    assert_eq!(recall(&store, &key("1.1")), None);
}

#[test]
fn files_that_are_damaged_foreign_or_mad_are_not_there() {
    let (_directory, store) = Directory::new("damaged");
    let key = key("1.0");
    keep(&store, &key, &odd());
    let good = store.read(&key.file()).unwrap();
    for bad in [&good[..good.len() / 2], b"", b"null", b"[1, 2]", b"\xff\xfe", b"{\"plan\": 7}"] {
        store.write(&key.file(), bad);
        assert_eq!(recall(&store, &key), None);
    }
    for lanes in [0, 33, 1 << 31] {
        keep(&store, &key, &Plan { row_lanes: lanes, ..odd() });
        assert_eq!(recall(&store, &key), None);
    }
}

#[test]
fn a_directory_that_cannot_be_written_to_is_no_error() {
    let (_directory, store) = Directory::new("file");
    store.write("inner", b"a file");
    let inside = Store::at(store.path("inner").unwrap());
    inside.write("plan", b"content");
    assert_eq!(inside.read("plan"), None);
}

#[test]
fn a_remembered_plan_is_taken_unless_forced_or_failing() {
    let Some(gpu) = gpu() else { return };
    let (_directory, store) = Directory::new("plans");
    let model = model();
    let shapes = Shapes::of(&model);
    let key = Key::of(gpu.info(), &shapes);
    let trial = Trial::new(&gpu, &shapes);
    keep(&store, &key, &odd());
    assert_eq!(find(&trial, &key, &store, false), Ok(odd()));
    // Forced, it is found anew, and what is found replaces it.
    let found = find(&trial, &key, &store, true).unwrap();
    assert!(found.is_sane());
    assert_eq!(recall(&store, &key), Some(found));
    // What was right once need not be right any more.
    if gpu.has(wgpu::Features::SHADER_INT64) {
        let mut long = odd();
        long.products.iter_mut().for_each(|v| v.wide = Wide::I64);
        keep(&store, &key, &long);
        let planted = |text: &str| text.replace("acc + L(i64(d))", "acc - L(i64(d))");
        let found = find(&Trial::of_altered(&gpu, &shapes, &planted), &key, &store, false).unwrap();
        assert!(found.products.iter().all(|v| v.wide == Wide::Pair));
    }
}

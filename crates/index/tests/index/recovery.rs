//! Opening gives exactly the recorded state, whatever stands beside it on disk.

use pinakes_index::{IndexError, IndexSettings, Indexes, Leg};
use pinakes_types::VersionSeq;

use crate::common::{Store, chunk, files_under, id, near, on_disk, settings, words};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_never_recorded_is_set_aside() {
    for settings in [settings(), on_disk()] {
        let mut store = Store::with(settings, &[chunk(1, 0, "kept words")]).await;
        // The process dies between the commit and the catalog's transaction.
        store.index.add(&[chunk(2, 0, "lost words")]).await.unwrap();
        let unrecorded = store.index.commit().await.unwrap();
        let (reopened, report) = store.reopened().await;
        store = reopened;
        assert!(!report.quarantined.is_empty() && report.quarantined.iter().all(|path| path.exists()));
        assert_eq!(report.lexical_only, [VersionSeq(2)]);
        assert_eq!(store.find(&words("words")).await, [1], "unpublished words are not even candidates");
        assert_eq!(store.find(&near(2)).await, [1]);
        // Ingest cleans up and goes on.
        store.index.remove(&report.lexical_only).await.unwrap();
        let record = store.publish(&[chunk(3, 0, "new words")]).await;
        assert!(record.sequence > unrecorded.sequence, "a number is never used for two states");
        let (store, report) = store.reopened().await;
        assert_eq!((report.lexical_only.len(), report.quarantined.len()), (0, 0));
        assert_eq!(store.index.chunk_ids(Leg::Lexical).await.unwrap(), [id(1, 0), id(3, 0)]);
        assert_eq!(store.index.chunk_ids(Leg::Vector).await.unwrap(), [id(1, 0), id(3, 0)]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newer_manifests_that_are_empty_or_nonsense_do_not_matter() {
    let mut store = Store::with(settings(), &[chunk(1, 0, "kept words")]).await;
    let manifests = store.root().join("vector/chunks.lance/_versions");
    let newest = store.record.unwrap().vector_version;
    for (ahead, content) in [(1, &b""[..]), (2, b"garbage"), (900, &[0; 4096])] {
        fs_err::write(manifests.join(format!("{:020}.manifest", u64::MAX - newest - ahead)), content).unwrap();
    }
    fs_err::write(manifests.join("latest_version_hint.json"), format!("{{\"version\":{}}}", newest + 2)).unwrap();
    let (reopened, report) = store.reopened().await;
    store = reopened;
    assert_eq!(report.quarantined.len(), 4);
    assert_eq!(store.find(&near(1)).await, [1]);
    store.publish(&[chunk(2, 0, "more words")]).await;
    let (store, _) = store.reopened().await;
    assert_eq!(store.find(&words("words")).await, [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_record_nothing_was_published() {
    let mut store = Store::with(settings(), &[chunk(1, 0, "words")]).await;
    store.record = None;
    let (store, report) = store.reopened().await;
    assert_eq!((report.chunks, report.quarantined.len()), (0, 2));
    assert!(store.find(&words("words")).await.is_empty() && store.find(&near(1)).await.is_empty());
    // An index that was opened and never written to leaves nothing to set aside.
    let (_, report) = Store::new(settings()).await.reopened().await;
    assert_eq!(report.quarantined.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_names_leg_file_and_remedy_and_rebuilding_works() {
    for (leg, file) in [(Leg::Lexical, "lexical/meta.json"), (Leg::Vector, "vector/chunks.lance/_versions")] {
        for cut in [0, 10] {
            let store = Store::with(settings(), &[chunk(1, 0, "words")]).await;
            let Store { folder, index, record, settings } = store;
            drop(index);
            let root = folder.path().join("i");
            let mut target = root.join(file);
            if target.is_dir() {
                target = target.join(format!("{:020}.manifest", u64::MAX - record.unwrap().vector_version));
            }
            fs_err::OpenOptions::new().write(true).open(&target).unwrap().set_len(cut).unwrap();
            let error = Indexes::open(&root, settings.clone(), record.as_ref()).await.err().unwrap();
            let IndexError::Damaged { leg: named, .. } = &error else { panic!("{error}") };
            assert_eq!(*named, leg);
            assert!(error.to_string().contains("pinakes index rebuild"), "{error}");
            assert_eq!(Indexes::reset(&root).unwrap().len(), 2);
            let (index, _) = Indexes::open(&root, settings, None).await.unwrap();
            index.add(&[chunk(1, 0, "words")]).await.unwrap();
            index.commit().await.unwrap();
            assert_eq!(index.stats().vector_chunks, 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lexical_leg_behind_the_record_is_damage() {
    let mut store = Store::with(settings(), &[chunk(1, 0, "words")]).await;
    let copy = store.folder.path().join("copy");
    copy_folder(&store.root().join("lexical"), &copy);
    store.publish(&[chunk(2, 0, "words")]).await;
    let root = store.root();
    let Store { folder: _folder, index, record, settings } = store;
    drop(index);
    fs_err::remove_dir_all(root.join("lexical")).unwrap();
    fs_err::rename(&copy, root.join("lexical")).unwrap();
    let error = Indexes::open(&root, settings, record.as_ref()).await.err().unwrap();
    assert!(matches!(error, IndexError::Damaged { leg: Leg::Lexical, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_dimensions_and_a_second_writer_are_told() {
    let store = Store::with(settings(), &[chunk(1, 0, "words")]).await;
    let second = Indexes::open(&store.root(), store.settings.clone(), store.record.as_ref()).await;
    assert!(matches!(second, Err(IndexError::Busy { .. })));
    assert_eq!(store.find(&words("words")).await, [1]);
    let Store { folder, index, record, .. } = store;
    drop(index);
    let wider = IndexSettings { dimensions: 16, ..settings() };
    let error = Indexes::open(&folder.path().join("i"), wider, record.as_ref()).await.err().unwrap();
    assert!(matches!(error, IndexError::Incompatible { leg: Leg::Vector, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recovery_in_place_goes_back_to_the_record() {
    let mut store = Store::with(settings(), &[chunk(1, 0, "words")]).await;
    store.index.add(&[chunk(2, 0, "words")]).await.unwrap();
    store.index.commit().await.unwrap();
    store.index.add(&[chunk(3, 0, "words")]).await.unwrap();
    let report = store.index.recover(store.record.as_ref()).await.unwrap();
    assert_eq!(report.lexical_only, [VersionSeq(2)]);
    assert_eq!(store.find(&words("words")).await, [1]);
    store.index.remove(&report.lexical_only).await.unwrap();
    store.publish(&[chunk(4, 0, "words")]).await;
    assert_eq!(store.index.chunk_ids(Leg::Lexical).await.unwrap(), [id(1, 0), id(4, 0)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_or_cut_byte_in_any_file_is_found() {
    let mut store = Store::with(on_disk(), &[chunk(1, 0, "words to be checked"), chunk(2, 0, "more words")]).await;
    store.index.remove(&[VersionSeq(2)]).await.unwrap();
    store.publish(&[chunk(3, 0, "late words")]).await;
    let (store, _) = store.reopened().await;
    assert!(store.index.damaged_files().await.unwrap().is_empty());
    let (mut checked, mut at) = (0, 0);
    for file in files_under(&store.root()) {
        let bytes = fs_err::read(&file).unwrap();
        let hidden = file.file_name().unwrap().to_string_lossy().starts_with('.');
        if bytes.is_empty() || hidden || file.ends_with("meta.json") {
            continue;
        }
        at += 7919;
        let mut flipped = bytes.clone();
        flipped[at % bytes.len()] ^= 1;
        for damaged in [&flipped[..], &bytes[..bytes.len() - 1]] {
            fs_err::write(&file, damaged).unwrap();
            let found = store.index.damaged_files().await;
            assert!(found.is_err() || found.unwrap().contains(&file), "{}", file.display());
            checked += 1;
        }
        fs_err::write(&file, &bytes).unwrap();
    }
    assert!(checked > 20, "{checked}");
    assert!(store.index.damaged_files().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_the_writer_stays_at_its_record_until_it_follows() {
    let mut store = Store::with(settings(), &[chunk(1, 0, "words")]).await;
    let reader = Indexes::open_for_reading(&store.root(), settings(), &store.record.unwrap()).await.unwrap();
    store.publish(&[chunk(2, 0, "words")]).await;
    let find = async |index: &Indexes| crate::common::versions(&index.search(&crate::common::everything(), &words("words")).await.unwrap());
    assert_eq!(find(&reader).await, [1]);
    reader.follow(&store.record.unwrap()).await.unwrap();
    assert_eq!(find(&reader).await, [1, 2]);
    assert!(matches!(reader.add(&[chunk(3, 0, "words")]).await, Err(IndexError::NeedsRecovery)));
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    fs_err::create_dir_all(to).unwrap();
    for file in files_under(from) {
        fs_err::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

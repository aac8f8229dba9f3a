// SPDX-License-Identifier: MIT OR Apache-2.0

use std::cell::Cell;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parsed(text: &str) -> Vec<Workflow> {
    parse(text, Format::Json).unwrap()
}

fn fails(text: &str) -> String {
    parse(text, Format::Json).map_or_else(|told| told.join("\n"), |_| panic!("it was taken: {text}"))
}

#[test]
fn faults_are_told_by_their_place_and_with_what_is_allowed() {
    for (text, told) in [
        (
            "{\n  \"method\": \"passive\",\n  \"max_attempts\": 4\n}",
            "line 3 column 18: max_attempts must be a whole number from 1 to 3, not 4",
        ),
        (
            "{\"method\":\"passive\",\n\"frame\":1}",
            "line 2 column 8: unknown field `frame`; did you mean `frames`?",
        ),
        ("{\"node_id\":\"a\"}", "missing field `method`"),
        (
            r#"{"method":"magic"}"#,
            "method must be one of passive, flash, action, action_flash, PASSIVE, FLASHING, ACTIVE_3D, not \"magic\"",
        ),
        (
            r#"{"nodes":[{"method":"passive"},{"method":"flash","actions":["nod"]}]}"#,
            "actions belongs to the method \"action\"",
        ),
        (r#"{"method":"flash","light":{"row":2}}"#, "unknown field `row`; did you mean `rows`?"),
        (
            r#"{"method":"flash","light":{"rows":2},"grid_rows":2}"#,
            "grid_rows and light are the same setting",
        ),
        (
            r#"{"method":"passive","max_attempts":1,"face_liveness_max_attempts":2}"#,
            "max_attempts and face_liveness_max_attempts are the same setting",
        ),
        (
            r#"{"method":"passive","decline_threshold":70}"#,
            "decline_threshold (70) lies above review_threshold (60, the default)",
        ),
        (
            "{\"method\":\"passive\",\n\"face_liveness_score_decline_threshold\":70}",
            "line 2 column 40: face_liveness_score_decline_threshold (70) lies above review_threshold (60, the default)",
        ),
        (
            "{\"method\":\"passive\",\n\"face_liveness_score_review_threshold\":20}",
            "line 2 column 39: decline_threshold (30, the default) lies above face_liveness_score_review_threshold (20)",
        ),
        (
            "{\"method\":\"passive\",\n\"source\":\"webcam\"}",
            "line 2 column 9: source must be test, file:PATH, images:FOLDER, v4l2:/dev/videoN, rtsp://… or pipeline:",
        ),
        (r#"{"method":"passive","source":"file:"}"#, "source must be test, file:PATH"),
        (r#"{"method":"passive","source":"http://a.example/"}"#, "source must be test, file:PATH"),
        (r#"{"method":"passive","source":"rtsp:///stream"}"#, "source needs an address: rtsp://HOST/PATH"),
        (r#"{"method":"passive","source":"rtsp://me:it@cam/"}"#, "source holds a user or password"),
        (
            "{\"method\":\"passive\",\n\"blocklist_action\":\"DECLINE\"}",
            "line 2 column 19: blocklist_action needs a store",
        ),
        (
            "{\"method\":\"flash\",\n\"light\":{\"rows\":8,\"columns\":8}}",
            "line 2 column 8: 8 rows and 8 columns are 64 cells of light: 16 at most",
        ),
        (r#"{"method":"flash","grid_rows":5,"grid_columns":4}"#, "20 cells of light: 16 at most"),
        (
            "{\"method\":\"action_flash\",\"action_count\":5,\n\"light\":{\"duration_s\":10}}",
            "line 2 column 8: attempt_timeout_s (15, the default) must be longer than the light takes, 16.55 seconds",
        ),
        (
            "{\"method\":\"flash\",\n\"attempt_timeout_s\":3.5}",
            "line 2 column 20: attempt_timeout_s (3.5) must be longer than the light takes, 3.55 seconds",
        ),
        (r#"{"method":"flash","grid_rows":8,"attempt_timeout_s":6}"#, "the light takes, 7.75 seconds"),
        (r#"{"method":"passive","nodes":[{"method":"passive"}]}"#, "unknown field `method`"),
        (r#"{"nodes":[{"method":"passive"},{"method":"action"}]}"#, "needs a node_id of its own"),
        (r#"{"workflows":[{"method":"passive"},{"method":"action"}]}"#, "needs a workflow_id of its own"),
        (r#"{"workflows":[]}"#, "workflows must be a list that is not empty, not an empty list"),
        (
            r#"{"method":"passive","status_rules":[{"field":"scor","operator":"lt","value":1,"status":"Declined"}]}"#,
            "a check has no field scor",
        ),
        (
            r#"{"method":"passive","status_rules":[{"field":"score","operator":"lt","value":"1","status":"Declined"}]}"#,
            "the operator lt takes a number",
        ),
        (
            r#"{"method":"passive","webhook":{"url":"http://a.example","secret_env":"S"}}"#,
            "url must begin with https:// (http:// only on this machine)",
        ),
        (
            r#"{"method":"passive","keep_days":3}"#,
            "keep_days is for evidence and record, and there is neither",
        ),
        (
            "{\"method\":\"passive\",\n\"status_rules\":[{\"field\":\"age_estimation\",\"operator\":\"lt\",\"value\":18,\"status\":\"Declined\"}]}",
            "line 2 column 25: age and gender are estimated only with age_estimation = true",
        ),
        (r#"{"method":"passive","store":{"path":"a.db"}}"#, "store needs key_file or key_env"),
        (
            "{\"method\":\"passive\",\n\"evidence\":\"~ann/ev\"}",
            "line 2 column 11: evidence: ~ann/ev begins with another user's home folder",
        ),
        (
            r#"{"method":"passive","models_dir":"file:///100%"}"#,
            "models_dir: file:///100% is no file address",
        ),
        (
            r#"{"method":"passive","source":"file://host.example/a"}"#,
            "source: file://host.example/a is no file address",
        ),
        (
            r#"{"method":"passive","store":{"path":"~ann/s.db","key_file":"~ann/key"}}"#,
            "key_file: ~ann/key begins with another user's home folder",
        ),
        ("[]", "a workflow must be a group of fields, not an empty list"),
    ] {
        assert!(fails(text).contains(told), "{text}: {}", fails(text));
        assert!(fails(text).lines().all(|line| line.starts_with("line ")), "{text}: {}", fails(text));
    }
}

#[test]
fn what_can_be_followed_is_taken() {
    for text in [
        r#"{"method":"passive","source":"test","blocklist_action":"NO_ACTION"}"#,
        r#"{"method":"passive","blocklist_action":"DECLINE","store":{"path":"s","key_env":"K"}}"#,
        r#"{"method":"passive","source":"pipeline:videotestsrc ! video/x-raw,format=NV12"}"#,
        r#"{"method":"passive","source":"rtsps://cam/1"}"#,
        r#"{"method":"flash","light":{"rows":2,"columns":8}}"#,
        r#"{"method":"flash","attempt_timeout_s":3.6}"#,
        r#"{"method":"action_flash","action_count":5,"light_duration_s":10,"attempt_timeout_s":17}"#,
        r#"{"method":"passive","age_estimation":true,"status_rules":[{"field":"age_estimation","operator":"lt","value":18,"status":"Declined"}]}"#,
    ] {
        parsed(text);
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let told = fails("{\"method\":\"passive\",\n\"frames\":0,\n\"interval_ms\":-1}");
    assert_eq!(told.lines().map(|line| &line[..6]).collect::<Vec<_>>(), ["line 2", "line 3"]);
}

/// Reports of this size took minutes when each fault was searched for in the text and names of any length
/// were compared.
#[test]
fn a_report_is_short_and_quick_however_many_faults_there_are() {
    let json = |fields: &mut dyn Iterator<Item = String>| {
        format!("{{\"method\":\"passive\"{}}}", fields.map(|field| format!(",\n{field}")).collect::<String>())
    };
    let keys = json(&mut (0..10_000).map(|i| format!("\"unknown_{i}\":1")));
    let toml: String = (0..10_000).map(|i| format!("unknown_{i} = 1\n")).collect();
    let long = json(&mut (0..20).map(|i| format!("\"{i}{}\":1", "x".repeat(40_000))));
    let words = json(&mut std::iter::once(format!("\"actions\":[{}1]", "1,".repeat(10_000))));
    let rule = r#"{"field":"a.b","operator":"lt","value":1,"status":"Declined"},"#;
    let rules = json(&mut std::iter::once(format!(
        "\"status_rules\":[{}]",
        &rule.repeat(10_000).trim_end_matches(',')
    )));
    let begun = std::time::Instant::now();
    for (text, format, first, more) in [
        (&keys, Format::Json, "line 2 column 12: unknown field `unknown_0`", "and 9980 more faults"),
        (&toml, Format::Toml, "line 1 column 13: unknown field `unknown_0`", "and 9981 more faults"),
        (&long, Format::Json, "line 2 column 40004: unknown field `0xxx", ""),
        (&words, Format::Json, "line 2 column 11: actions[0] must be one of", "and 9981 more faults"),
        (&rules, Format::Json, "line 2 column 25: a check has no field a", "and 9980 more faults"),
    ] {
        let told = parse(text, format).unwrap_err();
        assert!(told[0].starts_with(first), "{}", told[0]);
        assert!(told.len() <= 21 && told.last().unwrap().contains(more), "{told:?}");
        assert!(told.iter().all(|line| line.len() < 1000));
    }
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

#[test]
fn integrators_names_and_ours_are_one() {
    let theirs = r#"{"face_liveness_method":"ACTIVE_3D","face_liveness_max_attempts":2,
        "face_liveness_score_review_threshold":70,"face_liveness_score_decline_threshold":20}"#;
    let node = &parsed(theirs)[0].nodes[0];
    assert_eq!((node.method.0, node.max_attempts), (Method::ActionFlash, Some(2)));
    assert_eq!((node.thresholds().review, node.thresholds().decline), (70.0, 20.0));
}

#[test]
fn each_list_of_faces_has_two_thresholds() {
    let text = r#"{"method":"passive","possible_blocklist_threshold":0.3,"blocklist_threshold":0.4,
        "duplicated_face_threshold":0.9}"#;
    let screening = parsed(text)[0].nodes[0].screening();
    let (blocked, known) = (screening.like_blocked, screening.like_known);
    assert_eq!((blocked.possible, blocked.certain, known.possible, known.certain), (0.3, 0.4, 0.5, 0.9));
    let crossed = r#"{"method":"passive","duplicated_face_threshold":0.4}"#;
    assert!(
        fails(crossed).contains("(0.5, the default) lies above duplicated_face_threshold (0.4)"),
        "{}",
        fails(crossed)
    );
    let beyond = r#"{"method":"passive","blocklist_threshold":70}"#;
    assert!(fails(beyond).contains("blocklist_threshold must be a number from 0 to 1, not 70"));
}

#[test]
fn several_workflows_have_several_nodes() {
    let text = "[[workflows]]\nworkflow_id = 'a'\nsource = 'test'\n[[workflows.nodes]]\nnode_id = 'x'\nmethod = 'passive'\n\
        [[workflows.nodes]]\nnode_id = 'y'\nmethod = 'action'\naction_count = 3.0\n[[workflows]]\nworkflow_id = 'b'\nmethod = 'flash'\n";
    let workflows = parse(text, Format::Toml).unwrap();
    let methods: Vec<_> = workflows.iter().map(Workflow::methods).collect();
    assert_eq!(methods, [vec![Method::Passive, Method::Action], vec![Method::Flash]]);
    assert_eq!(workflows[0].nodes[1].action_count, Some(3));
}

#[test]
fn hostile_workflows_are_refused() {
    let deep = format!(r#"{{"method":"passive","metadata":{}"#, "[".repeat(100_000));
    for text in [
        "",
        "null",
        "\u{0}",
        &deep,
        r#"{"method":"passive","node_id":"a\u0000b"}"#,
        r#"{"method":"passive","node_id":""}"#,
        r#"{"method":"passive","node_id":null}"#,
        r#"{"method":"passive","frames":1e99}"#,
        r#"{"method":"passive","attempt_timeout_s":-1}"#,
        r#"{"method":"passive","method":"passive"}"#,
        r#"{"method":"passive","actions":["nod"]}"#,
        r#"{"method":"action","actions":["blink"]}"#,
        r#"{"method":"action","actions":[]}"#,
        r#"{"method":"action","actions":["somersault"]}"#,
        r#"{"method":"action","action_count":9}"#,
        r#"{"method":"action","frames":1}"#,
    ] {
        fails(text);
    }
}

#[test]
fn a_file_may_begin_with_a_byte_order_mark() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("door.json", r#"{"method":"passive"}"#), ("door.toml", "method = 'passive'")] {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("\u{feff}{text}\r\n")).unwrap();
        assert_eq!(Workflow::load(&path, None).unwrap().methods(), [Method::Passive]);
    }
}

#[test]
fn metadata_keeps_integers_of_any_size() {
    let text = r#"{"method":"passive","metadata":{"account":12345678901234567890123,"deep":[{"iban":100000000000000000001}]}}"#;
    let metadata = parsed(text)[0].settings.metadata.clone().unwrap();
    assert_eq!(
        metadata.to_string(),
        r#"{"account":12345678901234567890123,"deep":[{"iban":100000000000000000001}]}"#
    );
    let beyond = fails("{\"method\":\"passive\",\n\"metadata\":[1,1e999]}");
    assert!(
        beyond.starts_with("line 2 column") && beyond.contains("the number 1e+999 cannot be kept"),
        "{beyond}"
    );
}

#[test]
fn paths_are_meant_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("door.json");
    let text = r#"{"method":"passive","evidence":"kept","models_dir":"/nets","source":"file:clip.mp4"}"#;
    std::fs::write(&path, text).unwrap();
    let workflow = Workflow::load(&path, None).unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(workflow.id, "door");
    assert_eq!(workflow.settings.evidence, Some(Name(at("kept"))));
    assert_eq!(workflow.settings.source, Some(Name(format!("file:{}", at("clip.mp4")))));
    assert_eq!(workflow.nodes[0].models_dir, Some(Name("/nets".into())));
    let text = r#"{"method":"passive","evidence":"~/ev","record":"file:///a/b%20c","source":"file:///a/my%20clip.mkv",
        "models_dir":"~/nets","store":{"path":"~/s.db","key_file":"./~/key"}}"#;
    std::fs::write(&path, text).unwrap();
    let workflow = Workflow::load(&path, None).unwrap();
    let below_home = |name: &str| Name(glib::home_dir().join(name).display().to_string());
    let Settings { evidence, record, source, store, .. } = workflow.settings;
    let store = store.unwrap();
    assert_eq!((evidence, record), (Some(below_home("ev")), Some(Name("/a/b c".into()))));
    assert_eq!(source, Some(Name("file:/a/my clip.mkv".into())));
    assert_eq!((store.path, store.key_file), (below_home("s.db"), Some(Name(at("./~/key")))));
    assert_eq!(workflow.nodes[0].models_dir, Some(below_home("nets")));
}

// The agreement of the schema and the parser.

/// Returns whether the types accept a document, without regard to the schema.
fn readable(value: Value) -> bool {
    let root = Part { path: Vec::new(), value };
    root.items("workflows").into_iter().all(|part| {
        let (mut settings, mut nodes) = part.split();
        settings.read::<Settings>().is_ok() && nodes.iter_mut().all(|node| node.read::<Node>().is_ok())
    })
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2i64..200).prop_map(Value::from),
        (-2i64..200).prop_map(|whole| Value::from(whole as f64)),
        (-1.0f64..150.0).prop_map(Value::from),
        prop::sample::select(vec!["", "passive", "REVIEW", "nod", "a\u{7}", "lt", "Declined", "kms"])
            .prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["nod", "smile"])),
    ]
}

/// Generates values that usually conform to a field's schema.
fn value(schema: &Value) -> BoxedStrategy<Value> {
    let schema = if schema["$ref"].is_string() { &schema::whole()["$defs"]["node"] } else { schema };
    let meant = match (schema["enum"].as_array(), schema["type"].as_str()) {
        (Some(all), _) => prop::sample::select(all.clone()).boxed(),
        (None, Some("object")) => object(schema.clone(), 0.9).boxed(),
        (None, Some("array")) => {
            prop::collection::vec(value(&schema["items"]), 0..3).prop_map(Value::from).boxed()
        }
        (None, Some("boolean")) => any::<bool>().prop_map(Value::from).boxed(),
        (None, Some("integer" | "number")) => {
            let bound = |name: &str, default| schema[name].as_f64().unwrap_or(default);
            let (least, most) = (bound("minimum", 0.0), bound("maximum", 10.0));
            prop::sample::select(vec![least, most, least - 1.0, most + 1.0, (least + most) / 2.0])
                .prop_map(|number| if number.fract() == 0.0 { json!(number as i64) } else { json!(number) })
                .boxed()
        }
        _ => Just(json!("text")).boxed(),
    };
    prop_oneof![12 => meant, 1 => scalar()].boxed()
}

/// Generates some of an object's fields, and occasionally an unknown one.
fn object(schema: Value, likely: f64) -> impl Strategy<Value = Value> {
    let fields = schema["properties"].as_object().cloned().unwrap_or_default();
    let required = schema["required"].clone();
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(key, schema)| {
            let needed = required.as_array().is_some_and(|all| all.contains(&json!(key)));
            let chance = if needed || key == "method" { likely } else { 0.08 };
            (Just(key), prop::option::weighted(chance, value(&schema)))
        })
        .collect();
    (fields, prop::option::weighted(0.03, scalar())).prop_map(|(fields, stray)| {
        let fields = fields.into_iter().filter_map(|(key, value)| Some((key, value?)));
        Value::Object(fields.chain(stray.map(|value| ("stray".to_owned(), value))).collect())
    })
}

fn workflow() -> impl Strategy<Value = Value> {
    let workflow = &schema::whole()["$defs"]["workflow"];
    prop_oneof![object(workflow["else"].clone(), 0.95), object(workflow["then"].clone(), 0.95)]
}

fn document() -> impl Strategy<Value = Value> {
    let several = prop::collection::vec(workflow(), 0..3).prop_map(|all| json!({ "workflows": all }));
    prop_oneof![4 => workflow(), 1 => several, 1 => scalar()]
}

#[test]
fn schema_and_parser_agree() {
    let validator = jsonschema::draft202012::new(schema::whole()).unwrap();
    let (taken, refused) = (Cell::new(0), Cell::new(0));
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let agreed = runner.run(&document(), |document| {
        let valid = validator.is_valid(&document);
        let faults = conform::faults(&document, schema::whole());
        prop_assert_eq!(valid, faults.is_empty(), "{:?}", faults);
        prop_assert!(!valid || readable(document.clone()), "the types do not take it");
        for fault in faults.told() {
            prop_assert!(
                document::place(&document.to_string(), Format::Json, &fault.path).is_some()
                    || fault.path.is_empty()
            );
        }
        let count = if valid { &taken } else { &refused };
        count.set(count.get() + 1);
        Ok(())
    });
    agreed.unwrap();
    let (taken, refused) = (taken.get(), refused.get());
    assert!(taken > 200 && refused > 200, "{taken} taken, {refused} refused: the documents say too little");
}

#[test]
fn the_schema_is_one_and_its_examples_are_workflows() {
    assert!(jsonschema::meta::is_valid(schema::whole()));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/workflows");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        Workflow::load_all(&path).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

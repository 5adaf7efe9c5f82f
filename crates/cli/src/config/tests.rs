//! Reading the configuration.

use super::*;

fn load(
    file: &str,
    variables: &[(&str, &str)],
    options: &[(&'static str, &'static str, &str)],
) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test.toml");
    fs::write(&path, file).unwrap();
    let sources = Sources {
        file: Some(path.clone()),
        options: options.iter().map(|(key, name, text)| (*key, *name, (*text).to_owned())).collect(),
        variables: variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
    };
    Config::load(&sources)
        .map_err(|error| error.to_string().replace(&path.display().to_string(), "test.toml"))
}

#[test]
fn the_defaults_are_valid_and_stand_in_the_documented_file() {
    let config = load("", &[], &[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:10101");
    assert_eq!(config.prefix, "/services/otter_grade/");
    assert_eq!(config.max_submission_bytes, 20 << 20);
    assert_eq!(config.limits, WarmLimits::default());
    assert!(load(DEFAULTS, &[], &[]).is_ok());
}

#[test]
fn the_nearer_source_wins() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\n[identity]\nmode = \"single_user\"\n";
    let port = |variables: &[_], options: &[_]| load(file, variables, options).unwrap().listen.port();
    let hub = ("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:2/services/x");
    let own = ("OTTER_SERVICE_SERVER_LISTEN", "127.0.0.1:3");
    assert_eq!(port(&[], &[]), 1);
    assert_eq!(port(&[hub], &[]), 2);
    assert_eq!(port(&[hub, own], &[]), 3);
    assert_eq!(port(&[hub, own], &[("server.listen", "--listen", "127.0.0.1:4")]), 4);
}

#[test]
fn the_python_services_variables_are_honoured() {
    let variables = [
        ("ENVIRONMENT", "prod"),
        ("POST_GRADE", "True"),
        ("EDX_URL", "courses.edx.org"),
        ("GCP_PROJECT_ID", "data8x"),
        ("TEST_USER", "ada"),
        ("VERBOSE_LOGGING", "True"),
        ("JUPYTERHUB_SERVICE_PREFIX", "/hub/otter/"),
        ("JUPYTERHUB_API_TOKEN", "secret"),
        ("JUPYTERHUB_API_URL", "http://127.0.0.1:8081/hub/api"),
        ("JUPYTERHUB_SERVICE_NAME", "otter"),
    ];
    let config = load("", &variables, &[]).unwrap();
    assert_eq!((config.environment_name.as_str(), config.passback.post_grade), ("prod", true));
    assert_eq!(config.prefix, "/hub/otter/");
    let Way::Hub(hub) = &config.identity.way else { panic!("a hub signs people in") };
    assert_eq!(hub.prefix, "/hub/otter/");
    let named = load("identity.mode = \"hub\"", &variables, &[]).unwrap();
    assert!(matches!(named.identity.way, Way::Hub(_)), "the same where the mode is named");
    let alone = load("identity.mode = \"single_user\"", &variables[..7], &[]).unwrap();
    assert!(matches!(alone.identity.way, Way::SingleUser(user) if user.as_str() == "ada"));
    assert_eq!(config.log.level, "debug");
}

#[test]
fn where_others_are_expected_nobody_is_everybody_by_chance() {
    let public = "[server]\npublic_url = \"https://hub.example.edu\"\n";
    let token = [("JUPYTERHUB_SERVICE_NAME", "otter_grade"), ("JUPYTERHUB_HOST", "")];
    for (file, variables, sign) in
        [(public, &token[1..], "server.public_url"), ("", &token, "the variable JUPYTERHUB_SERVICE_NAME")]
    {
        let wrong = load(file, variables, &[]).unwrap_err();
        assert!(wrong.contains("identity.mode") && wrong.contains(sign), "{wrong}");
        let mode = |mode: &str| load(&format!("identity.mode = \"{mode}\"\n{file}"), variables, &[]);
        assert!(matches!(mode("single_user").unwrap().identity.way, Way::SingleUser(_)), "who says so, is");
        // Before the hub starts the service its configuration can be checked; `serve` alone needs the variables.
        assert!(matches!(mode("hub").unwrap().identity.way, Way::HubToCome));
    }
    assert!(matches!(load("", &token[1..], &[]).unwrap().identity.way, Way::SingleUser(_)));
}

#[test]
fn every_error_is_told_at_once_with_its_place() {
    let file = "[server]\nlisten = \"here\"\nprefix = \"otter\"\nmax_submision_mib = 3\n\n[grading]\njobs = \"two\"\npolicy = \"first\"\n[grading.limits]\nwall_s = 0\n[colour]\nblue = 1\n";
    let variables =
        [("OTTER_SERVICE_GRADING_JOB", "3"), ("EDX_URL", "https://edx.org/"), ("POST_GRADE", "perhaps")];
    insta::assert_snapshot!(load(file, &variables, &[]).unwrap_err());
}

#[test]
fn a_prefix_may_not_take_the_place_of_the_api() {
    for prefix in ["/api/v1/", "/healthz/", "/readyz/x/"] {
        assert!(load(&format!("server.prefix = {prefix:?}"), &[], &[]).is_err(), "{prefix}");
    }
    assert_eq!(load("server.prefix = \"/\"", &[], &[]).unwrap().prefix, "/");
}

#[test]
fn text_that_is_not_toml_is_told_with_its_line() {
    insta::assert_snapshot!(load("[server]\nlisten = 127.0.0.1\n", &[], &[]).unwrap_err());
}

#[test]
fn a_store_is_named_and_its_password_never_shown() {
    let config = load("", &[], &[]).unwrap();
    assert_eq!(config.place().to_string(), "sqlite:./data/otter-service.sqlite");
    let shared = [("OTTER_SERVICE_STORE_URL", "postgres://otter:s3cret@db/grades")];
    let config = load("[grading]\nin_server = false\n", &shared, &[]).unwrap();
    assert!(config.place().is_shared() && !config.grades_in_server);
    assert!(!format!("{config:?}").contains("s3cret"));
    let wrong = load("", &[("OTTER_SERVICE_STORE_URL", "mysql://otter:s3cret@db/grades")], &[]).unwrap_err();
    assert!(wrong.contains("store.url (the variable OTTER_SERVICE_STORE_URL)"), "{wrong}");
    assert!(!wrong.contains("s3cret"), "{wrong}");
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    let wrong = load("[grading]\nin_server = false\nskip_superseded = true\npolicy = \"best\"\n", &[], &[]);
    let wrong = wrong.unwrap_err();
    assert!(wrong.contains("grading.in_server") && wrong.contains("grading.skip_superseded"), "{wrong}");
}

#[test]
fn things_are_kept_for_ever_unless_days_are_said() {
    assert_eq!(load("", &[], &[]).unwrap().retention, Keep::default());
    let keep = load("[retention]\nnotebooks_days = 30\n", &[], &[]).unwrap().retention;
    assert_eq!((keep.notebooks, keep.events), (Some(Duration::from_hours(720)), None));
}

//! The names of LTI's claims.

pub(super) const MESSAGE_TYPE: &str = "https://purl.imsglobal.org/spec/lti/claim/message_type";
pub(super) const VERSION: &str = "https://purl.imsglobal.org/spec/lti/claim/version";
pub(super) const DEPLOYMENT_ID: &str = "https://purl.imsglobal.org/spec/lti/claim/deployment_id";
pub(super) const TARGET_LINK_URI: &str = "https://purl.imsglobal.org/spec/lti/claim/target_link_uri";
pub(super) const RESOURCE_LINK: &str = "https://purl.imsglobal.org/spec/lti/claim/resource_link";
pub(super) const ROLES: &str = "https://purl.imsglobal.org/spec/lti/claim/roles";
pub(super) const CONTEXT: &str = "https://purl.imsglobal.org/spec/lti/claim/context";
pub(super) const CUSTOM: &str = "https://purl.imsglobal.org/spec/lti/claim/custom";
pub(super) const AGS: &str = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint";

use serde::Serialize;

use super::custom_kind;

custom_kind! {
    /// Which requests at a gateway go to which services.
    HTTPRoute(HttpRouteSpec) = "gateway.networking.k8s.io" / "v1", "httproutes", NamespaceResourceScope
}

/// What an [`HTTPRoute`] routes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteSpec {
    /// The gateways that it attaches to.
    pub parent_refs: Option<Vec<ParentReference>>,
    /// The hosts that it answers for.
    pub hostnames: Option<Vec<String>>,
    /// What happens to which requests.
    pub rules: Option<Vec<HttpRouteRule>>,
}

/// A gateway, or one of its listeners.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentReference {
    /// `gateway.networking.k8s.io` where unset.
    pub group: Option<String>,
    /// `Gateway` where unset.
    pub kind: Option<String>,
    /// Its name.
    pub name: String,
    /// Its namespace, where it is another.
    pub namespace: Option<String>,
    /// The listener's name; all listeners where unset.
    pub section_name: Option<String>,
    /// The listener's port.
    pub port: Option<i32>,
}

/// What happens to some requests.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteRule {
    /// A name for the rule.
    pub name: Option<String>,
    /// Which requests: those that one of these fits.
    pub matches: Option<Vec<HttpRouteMatch>>,
    /// What is changed on the way.
    pub filters: Option<Vec<HttpRouteFilter>>,
    /// Where they go.
    pub backend_refs: Option<Vec<HttpBackendRef>>,
    /// How long they may take.
    pub timeouts: Option<HttpRouteTimeouts>,
}

/// Which requests: those that all of this fits.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteMatch {
    /// The path.
    pub path: Option<HttpPathMatch>,
    /// The headers.
    pub headers: Option<Vec<HttpHeaderMatch>>,
    /// The method.
    pub method: Option<String>,
}

/// Which paths.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpPathMatch {
    /// `Exact`, `PathPrefix` or `RegularExpression`.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// The path.
    pub value: Option<String>,
}

/// Which value of a header.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpHeaderMatch {
    /// `Exact` or `RegularExpression`.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// The header's name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// One change on the way; the field that `type` names is set.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteFilter {
    /// `RequestRedirect`, `RequestHeaderModifier`, `ResponseHeaderModifier`, `URLRewrite` or
    /// `ExtensionRef`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Answers with a redirect.
    pub request_redirect: Option<HttpRequestRedirect>,
    /// Changes the request's headers.
    pub request_header_modifier: Option<HttpHeaderFilter>,
    /// Changes the answer's headers.
    pub response_header_modifier: Option<HttpHeaderFilter>,
    /// Changes host or path.
    pub url_rewrite: Option<HttpUrlRewrite>,
    /// What only this gateway's implementation knows.
    pub extension_ref: Option<LocalObjectReference>,
}

/// Answers with a redirect.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRequestRedirect {
    /// `http` or `https`.
    pub scheme: Option<String>,
    /// The host to go to.
    pub hostname: Option<String>,
    /// The path to go to.
    pub path: Option<HttpPathModifier>,
    /// The port to go to.
    pub port: Option<i32>,
    /// 301 or 302.
    pub status_code: Option<i32>,
}

/// Changes headers.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpHeaderFilter {
    /// Headers to set, whatever they were.
    pub set: Option<Vec<HttpHeader>>,
    /// Headers to add to those that are there.
    pub add: Option<Vec<HttpHeader>>,
    /// Headers to take away.
    pub remove: Option<Vec<String>>,
}

/// A header.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Changes host or path.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpUrlRewrite {
    /// The new host.
    pub hostname: Option<String>,
    /// The new path.
    pub path: Option<HttpPathModifier>,
}

/// A new path; the field that `type` names is set.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpPathModifier {
    /// `ReplaceFullPath` or `ReplacePrefixMatch`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Instead of the whole path.
    pub replace_full_path: Option<String>,
    /// Instead of the prefix that was matched.
    pub replace_prefix_match: Option<String>,
}

/// An object in the same namespace.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalObjectReference {
    /// Its API group.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpBackendRef {
    /// The core group where unset.
    pub group: Option<String>,
    /// `Service` where unset.
    pub kind: Option<String>,
    /// Its name.
    pub name: String,
    /// Its namespace, where it is another.
    pub namespace: Option<String>,
    /// Its port.
    pub port: Option<i32>,
    /// Its share among its siblings.
    pub weight: Option<i32>,
}

/// How long requests may take, in Gateway API's form (`1h30m`, no fractions).
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteTimeouts {
    /// From the first byte of the request to the last of the answer.
    pub request: Option<String>,
    /// From the gateway to the service and back.
    pub backend_request: Option<String>,
}

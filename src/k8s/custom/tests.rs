use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::Resource;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde::Serialize;

use super::*;
use crate::k8s;
use crate::k8s::duration::GoDuration;
use crate::lower::Built;
use crate::plan::Val;
use crate::source::Origin;
use crate::source::listing::at;

fn metadata(at: Origin) -> Built<ObjectMeta> {
    k8s!(at; ObjectMeta { name: "a" })
}

fn text<T: Resource + Serialize>(built: Built<T>) -> String {
    format!("{:?}", built.object().root())
}

#[test]
fn sealed_secret() {
    let here = at(1);
    let data = BTreeMap::from([("url", "postgres://{{ .password }}")]);
    let built = k8s!(here; SealedSecret {
        metadata: metadata(here),
        spec: k8s!(here; SealedSecretSpec {
            encrypted_data: BTreeMap::from([("password", Val::new("AgB", at(2)))]),
            template: k8s!(here; SecretTemplateSpec {
                metadata: metadata(here), type_: "Opaque", immutable: true, data,
            }),
        }),
    });
    assert_eq!(
        text(built),
        r#"{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": {"name": "a"}, "spec": {"template": {"metadata": {"name": "a"}, "type": "Opaque", "immutable": true, "data": {"url": "postgres://{{ .password }}"}}, "encryptedData": {"password": "AgB"}}}"#
    );
}

#[test]
fn external_secret() {
    let here = at(1);
    let built = k8s!(here; ExternalSecret {
        metadata: metadata(here),
        spec: k8s!(here; ExternalSecretSpec {
            refresh_interval: GoDuration(Duration::from_secs(3600)),
            secret_store_ref: k8s!(here; SecretStoreRef { kind: "ClusterSecretStore", name: "vault" }),
            target: k8s!(here; ExternalSecretTarget {
                name: "a",
                template: k8s!(here; ExternalSecretTemplate {
                    engine_version: "v2",
                    type_: "Opaque",
                    metadata: k8s!(here; ExternalSecretTemplateMetadata {
                        labels: BTreeMap::from([("app", "a")]),
                    }),
                }),
            }),
            data: [k8s!(here; ExternalSecretData {
                secret_key: "password",
                remote_ref: k8s!(here; ExternalSecretRemoteRef {
                    key: "shop", property: "password", conversion_strategy: "Default",
                    decoding_strategy: "None", metadata_policy: "None",
                }),
            })],
        }),
    });
    assert_eq!(
        text(built),
        r#"{"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": {"name": "a"}, "spec": {"refreshInterval": "1h0m0s", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "vault"}, "target": {"name": "a", "template": {"metadata": {"labels": {"app": "a"}}, "type": "Opaque", "engineVersion": "v2"}}, "data": [{"secretKey": "password", "remoteRef": {"key": "shop", "property": "password", "conversionStrategy": "Default", "decodingStrategy": "None", "metadataPolicy": "None"}}]}}"#
    );
}

#[test]
fn certificate() {
    let here = at(1);
    let built = k8s!(here; Certificate {
        metadata: metadata(here),
        spec: k8s!(here; CertificateSpec {
            issuer_ref: k8s!(here; IssuerRef { kind: "ClusterIssuer", name: "letsencrypt" }),
            secret_name: "a-tls",
            dns_names: ["a.example", "b.example"],
            is_ca: Val::new(false, at(2)),
            duration: GoDuration(Duration::from_secs(90 * 24 * 3600)),
            private_key: k8s!(here; CertificatePrivateKey { algorithm: "ECDSA", size: 256 }),
        }),
    });
    assert_eq!(
        text(built),
        r#"{"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "a"}, "spec": {"issuerRef": {"kind": "ClusterIssuer", "name": "letsencrypt"}, "secretName": "a-tls", "dnsNames": ["a.example", "b.example"], "duration": "2160h0m0s", "isCA": false, "privateKey": {"algorithm": "ECDSA", "size": 256}}}"#
    );
}

#[test]
fn issuers() {
    let here = at(1);
    let solvers = [
        k8s!(here; AcmeSolver {
            http01: k8s!(here; AcmeHttp01 {
                ingress: k8s!(here; AcmeHttp01Ingress { ingress_class_name: "nginx" }),
            }),
        }),
        k8s!(here; AcmeSolver {
            http01: k8s!(here; AcmeHttp01 {
                gateway_http_route: k8s!(here; AcmeHttp01GatewayHttpRoute {
                    parent_refs: [k8s!(here; ParentReference { name: "edge" })],
                }),
            }),
            selector: k8s!(here; AcmeSolverSelector { dns_zones: ["b.example"] }),
        }),
    ];
    let acme = k8s!(here; ClusterIssuer {
        metadata: metadata(here),
        spec: k8s!(here; IssuerSpec {
            acme: k8s!(here; AcmeIssuer {
                server: "https://acme.example/directory",
                private_key_secret_ref: k8s!(here; SecretKeySelector { name: "account" }),
                solvers,
            }),
        }),
    });
    assert_eq!(
        text(acme),
        r#"{"apiVersion": "cert-manager.io/v1", "kind": "ClusterIssuer", "metadata": {"name": "a"}, "spec": {"acme": {"server": "https://acme.example/directory", "privateKeySecretRef": {"name": "account"}, "solvers": [{"http01": {"ingress": {"ingressClassName": "nginx"}}}, {"selector": {"dnsZones": ["b.example"]}, "http01": {"gatewayHTTPRoute": {"parentRefs": [{"name": "edge"}]}}}]}}}"#
    );
    let own = k8s!(here; Issuer {
        metadata: metadata(here),
        spec: k8s!(here; IssuerSpec { self_signed: k8s!(here; SelfSignedIssuer {}) }),
    });
    assert_eq!(
        text(own),
        r#"{"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"name": "a"}, "spec": {"selfSigned": {}}}"#
    );
}

#[test]
fn http_route() {
    let here = at(1);
    let redirect = k8s!(here; HttpRouteFilter {
        type_: "RequestRedirect",
        request_redirect: k8s!(here; HttpRequestRedirect { scheme: "https", status_code: 301 }),
    });
    let headers = k8s!(here; HttpRouteFilter {
        type_: "ResponseHeaderModifier",
        response_header_modifier: k8s!(here; HttpHeaderFilter {
            set: [k8s!(here; HttpHeader { name: "X-Frame-Options", value: "DENY" })],
        }),
    });
    let rewrite = k8s!(here; HttpRouteFilter {
        type_: "URLRewrite",
        url_rewrite: k8s!(here; HttpUrlRewrite {
            path: k8s!(here; HttpPathModifier {
                type_: "ReplacePrefixMatch", replace_prefix_match: "/",
            }),
        }),
    });
    let built = k8s!(here; HTTPRoute {
        metadata: metadata(here),
        spec: k8s!(here; HttpRouteSpec {
            parent_refs: [k8s!(here; ParentReference { name: "edge", section_name: "https" })],
            hostnames: ["a.example"],
            rules: [k8s!(here; HttpRouteRule {
                matches: [k8s!(here; HttpRouteMatch {
                    path: k8s!(here; HttpPathMatch { type_: "PathPrefix", value: "/api" }),
                })],
                filters: [redirect, headers, rewrite],
                backend_refs: [k8s!(here; HttpBackendRef { name: "api", port: 8080_u16 })],
                timeouts: k8s!(here; HttpRouteTimeouts { request: "30s" }),
            })],
        }),
    });
    assert_eq!(
        text(built),
        r#"{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "a"}, "spec": {"parentRefs": [{"name": "edge", "sectionName": "https"}], "hostnames": ["a.example"], "rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/api"}}], "filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}, {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [{"name": "X-Frame-Options", "value": "DENY"}]}}, {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}}], "backendRefs": [{"name": "api", "port": 8080}], "timeouts": {"request": "30s"}}]}}"#
    );
}

#[test]
fn gateway() {
    let here = at(1);
    let built = k8s!(here; Gateway {
        metadata: metadata(here),
        spec: k8s!(here; GatewaySpec {
            gateway_class_name: "envoy",
            listeners: [k8s!(here; GatewayListener {
                name: "https",
                hostname: "*.example",
                port: 443_u16,
                protocol: "HTTPS",
                tls: k8s!(here; GatewayTls {
                    mode: "Terminate",
                    certificate_refs: [k8s!(here; CertificateRef { name: "edge-tls" })],
                }),
                allowed_routes: k8s!(here; AllowedRoutes {
                    namespaces: k8s!(here; RouteNamespaces { from: "All" }),
                }),
            })],
        }),
    });
    assert_eq!(
        text(built),
        r#"{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "a"}, "spec": {"gatewayClassName": "envoy", "listeners": [{"name": "https", "hostname": "*.example", "port": 443, "protocol": "HTTPS", "tls": {"mode": "Terminate", "certificateRefs": [{"name": "edge-tls"}]}, "allowedRoutes": {"namespaces": {"from": "All"}}}]}}"#
    );
}

#[test]
fn monitors() {
    let here = at(1);
    let labels = BTreeMap::from([("app", "a")]);
    let endpoint =
        || k8s!(here; MetricsEndpoint { port: "metrics", path: "/metrics", interval: "30s" });
    let of_services = k8s!(here; ServiceMonitor {
        metadata: metadata(here),
        spec: k8s!(here; ServiceMonitorSpec {
            selector: k8s!(here; LabelSelector { match_labels: &labels }),
            endpoints: [endpoint()],
        }),
    });
    assert_eq!(
        text(of_services),
        r#"{"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "a"}, "spec": {"selector": {"matchLabels": {"app": "a"}}, "endpoints": [{"path": "/metrics", "port": "metrics", "interval": "30s"}]}}"#
    );
    let of_pods = k8s!(here; PodMonitor {
        metadata: metadata(here),
        spec: k8s!(here; PodMonitorSpec {
            selector: k8s!(here; LabelSelector { match_labels: labels }),
            pod_metrics_endpoints: [endpoint()],
        }),
    });
    assert_eq!(
        text(of_pods),
        r#"{"apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor", "metadata": {"name": "a"}, "spec": {"selector": {"matchLabels": {"app": "a"}}, "podMetricsEndpoints": [{"path": "/metrics", "port": "metrics", "interval": "30s"}]}}"#
    );
}

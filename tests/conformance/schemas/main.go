// Command schemas writes what gen needs to know of Kubernetes types, as JSON with one
// kind and one type a line, so that a new version shows as a readable change.
//
//	schemas server URL TOKEN VERSION    the built-in kinds of a running API server
//	schemas crds FILE...                the kinds of CustomResourceDefinitions, each file
//	                                    named from the module cache: MODULE@VERSION/...
//
// Descriptions are left out, and so are the defaults that are merely Go's zero values.
package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

const references = "#/components/schemas/"

type schema = map[string]any

// document is the file that is written.
type document struct {
	from  string
	kinds []kind
	types map[string]schema
}

type kind struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Plural     string `json:"plural"`
	Namespaced bool   `json:"namespaced"`
	Type       string `json:"type"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var doc *document
	var err error
	switch {
	case len(args) == 4 && args[0] == "server":
		api := server{url: args[1], token: args[2], client: http.Client{Transport: &http.Transport{
			// The server is our own, on loopback, with a certificate that it signed itself.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		}}}
		doc, err = api.read(args[3])
	case len(args) > 1 && args[0] == "crds":
		doc, err = readCRDs(args[1:])
	default:
		err = fmt.Errorf("usage: schemas server URL TOKEN VERSION | schemas crds FILE...")
	}
	if err != nil {
		return err
	}
	return doc.write(os.Stdout)
}

type server struct {
	url, token string
	client     http.Client
}

func (s *server) get(path string, into any) error {
	request, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// read takes every kind that can be created and read back (reviews and evictions cannot)
// and the types that these kinds are made of.
func (s *server) read(version string) (*document, error) {
	var index struct {
		Paths map[string]struct{ ServerRelativeURL string }
	}
	if err := s.get("/openapi/v3", &index); err != nil {
		return nil, err
	}
	doc := &document{from: "kube-apiserver " + version, types: map[string]schema{}}
	all := map[string]schema{}
	for path, at := range index.Paths {
		groupVersion, found := strings.CutPrefix(path, "apis/")
		if !found {
			groupVersion, found = strings.CutPrefix(path, "api/")
		}
		if !found || (strings.HasPrefix(path, "apis/") && !strings.Contains(groupVersion, "/")) {
			continue
		}
		var openapi struct {
			Components struct{ Schemas map[string]schema }
		}
		if err := s.get(at.ServerRelativeURL, &openapi); err != nil {
			return nil, err
		}
		kinds, err := s.kinds(path, groupVersion, openapi.Components.Schemas)
		if err != nil {
			return nil, err
		}
		doc.kinds = append(doc.kinds, kinds...)
		for name, definition := range openapi.Components.Schemas {
			all[name] = definition
		}
	}
	for _, kind := range doc.kinds {
		if err := doc.reach(kind.Type, all); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

func (s *server) kinds(path, groupVersion string, definitions map[string]schema) ([]kind, error) {
	var discovery struct {
		Resources []struct {
			Name, Kind string
			Namespaced bool
			Verbs      []string
		}
	}
	if err := s.get("/"+path, &discovery); err != nil {
		return nil, err
	}
	var kinds []kind
	for _, resource := range discovery.Resources {
		writable := slices.Contains(resource.Verbs, "create") && slices.Contains(resource.Verbs, "get")
		if strings.Contains(resource.Name, "/") || !writable {
			continue
		}
		definition, found := definitionOf(groupVersion, resource.Kind, definitions)
		if !found {
			return nil, fmt.Errorf("%s %s has no schema", groupVersion, resource.Kind)
		}
		if !strings.HasPrefix(definition, "io.k8s.") {
			continue // a custom resource that somebody installed into this server
		}
		kinds = append(kinds, kind{groupVersion, resource.Kind, resource.Name, resource.Namespaced, definition})
	}
	return kinds, nil
}

func definitionOf(groupVersion, kind string, definitions map[string]schema) (string, bool) {
	group, version, found := strings.Cut(groupVersion, "/")
	if !found {
		group, version = "", groupVersion
	}
	want := map[string]any{"group": group, "version": version, "kind": kind}
	for name, definition := range definitions {
		of, _ := definition["x-kubernetes-group-version-kind"].([]any)
		if len(of) == 1 && reflect.DeepEqual(of[0], want) {
			return name, true
		}
	}
	return "", false
}

// reach keeps the named type and all that it refers to.
func (d *document) reach(name string, all map[string]schema) error {
	if _, done := d.types[name]; done {
		return nil
	}
	definition, found := all[name]
	if !found {
		return fmt.Errorf("no type %s", name)
	}
	delete(definition, "x-kubernetes-group-version-kind")
	d.types[name] = definition
	return trim(definition, func(s schema) error {
		if zero(s["default"]) {
			delete(s, "default")
		}
		// A reference stands alone in allOf, because OpenAPI 3.0 allows nothing beside it.
		if all, ok := s["allOf"].([]any); ok && len(all) == 1 {
			s["$ref"] = all[0].(schema)["$ref"]
			delete(s, "allOf")
		}
		reference, ok := s["$ref"].(string)
		if !ok {
			return nil
		}
		s["$ref"] = strings.TrimPrefix(reference, references)
		return d.reach(s["$ref"].(string), all)
	})
}

func readCRDs(files []string) (*document, error) {
	doc := &document{types: map[string]schema{}}
	var modules []string
	for _, file := range files {
		module, version, _ := strings.Cut(file, "@")
		version, _, _ = strings.Cut(version, "/")
		if from := module + "@" + version; !slices.Contains(modules, from) {
			modules = append(modules, from)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var crd struct {
			Spec struct {
				Group, Scope string
				Names        struct{ Kind, Plural string }
				Versions     []struct {
					Name       string
					Served     bool
					Deprecated bool
					Schema     struct{ OpenAPIV3Schema schema }
				}
			}
		}
		if err := yaml.Unmarshal(text, &crd); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, version := range crd.Spec.Versions {
			if !version.Served || version.Deprecated {
				continue
			}
			spec := crd.Spec
			name := spec.Group + "/" + version.Name
			of := name + "." + spec.Names.Kind
			doc.kinds = append(doc.kinds,
				kind{name, spec.Names.Kind, spec.Names.Plural, spec.Scope == "Namespaced", of})
			definition := version.Schema.OpenAPIV3Schema
			if err := trim(definition, func(schema) error { return nil }); err != nil {
				return nil, err
			}
			doc.types[of] = definition
		}
	}
	doc.from = strings.Join(modules, ", ")
	if len(doc.kinds) == 0 {
		return nil, fmt.Errorf("no served version in %s", strings.Join(files, ", "))
	}
	return doc, nil
}

// trim removes the prose of a schema and of all schemas inside, and calls then on each.
func trim(s schema, then func(schema) error) error {
	for _, prose := range []string{"description", "example", "title"} {
		delete(s, prose)
	}
	inside := []any{s["items"], s["additionalProperties"], s["not"]}
	if properties, ok := s["properties"].(schema); ok {
		for _, property := range properties {
			inside = append(inside, property)
		}
	}
	for _, alternatives := range []string{"allOf", "anyOf", "oneOf"} {
		if list, ok := s[alternatives].([]any); ok {
			inside = append(inside, list...)
		}
	}
	for _, child := range inside {
		if child, ok := child.(schema); ok {
			if err := trim(child, then); err != nil {
				return err
			}
		}
	}
	return then(s)
}

func zero(value any) bool {
	if fields, ok := value.(schema); ok {
		return len(fields) == 0
	}
	return value != nil && reflect.ValueOf(value).IsZero()
}

func (d *document) write(out io.Writer) error {
	slices.SortFunc(d.kinds, func(a, b kind) int {
		return strings.Compare(a.APIVersion+" "+a.Kind, b.APIVersion+" "+b.Kind)
	})
	lines := func(indent string, items []string) string {
		return "\n" + indent + strings.Join(items, ",\n"+indent) + "\n"
	}
	var kinds, types []string
	for _, kind := range d.kinds {
		line, err := json.Marshal(kind)
		if err != nil {
			return err
		}
		kinds = append(kinds, string(line))
	}
	for name, definition := range d.types {
		line, err := json.Marshal(definition)
		if err != nil {
			return err
		}
		types = append(types, fmt.Sprintf("%q: %s", name, line))
	}
	slices.Sort(types)
	buffer := bufio.NewWriter(out)
	fmt.Fprintf(buffer, "{\n\"from\": %q,\n\"kinds\": [%s],\n\"types\": {%s}\n}\n",
		d.from, lines("  ", kinds), lines("  ", types))
	return buffer.Flush()
}

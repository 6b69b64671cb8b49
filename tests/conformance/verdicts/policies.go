package main

import (
	"cmp"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// How many verdicts to keep of each file of policies: of objects that it says something of, and
// of others of the same kinds.
const (
	keepConcerned = 40
	keepPassing   = 20
)

// askUnderPolicies asks again about the objects that the server takes, once under each file of
// policies, which holds policies, their bindings and their parameters.
func (s *server) askUnderPolicies(folder string, taken []record, manifests map[string]any, workers int) ([]record, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no policies in %s", folder)
	}
	slices.Sort(paths)
	taken = slices.DeleteFunc(taken, func(r record) bool { return r.Code != http.StatusCreated || len(r.Warnings) > 0 })
	if err := s.create(probePolicy()); err != nil {
		return nil, err
	}
	var out []record
	for i, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		objects, err := readManifests(path)
		if err != nil {
			return nil, err
		}
		if err := s.enforce(objects, fmt.Sprintf("probe-%d", i)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		asked := slices.Clone(taken)
		for i := range asked {
			asked[i].Policy = name
		}
		if err := s.ask(asked, manifests, workers); err != nil {
			return nil, err
		}
		for _, object := range objects {
			if err := s.remove(object); err != nil {
				return nil, err
			}
		}
		out = append(out, worthKeeping(asked, manifests)...)
	}
	return out, nil
}

// worthKeeping picks the verdicts that say most of the policies.
func worthKeeping(asked []record, manifests map[string]any) []record {
	kind := func(r record) string { return text(manifests[r.Manifest], "kind") }
	kinds := map[string]bool{}
	var concerned, passing []record
	for _, r := range asked {
		if r.Code != http.StatusCreated || len(r.Warnings) > 0 {
			kinds[kind(r)] = true
			if len(concerned) < keepConcerned {
				concerned = append(concerned, r)
			}
		}
	}
	for _, r := range asked {
		passes := r.Code == http.StatusCreated && len(r.Warnings) == 0
		if passes && (kinds[kind(r)] || len(kinds) == 0) && len(passing) < keepPassing {
			passing = append(passing, r)
		}
	}
	return append(concerned, passing...)
}

// enforce makes policies and waits until the server goes by them. It learns of bindings in the
// order in which they are made, so that a last one of our own says when all are known.
func (s *server) enforce(objects []map[string]any, probe string) error {
	objects = slices.Clone(objects)
	// Parameters, policies, bindings.
	rank := func(object map[string]any) int {
		return slices.Index([]string{"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}, text(object, "kind"))
	}
	slices.SortStableFunc(objects, func(a, b map[string]any) int { return cmp.Compare(rank(a), rank(b)) })
	bindings := slices.IndexFunc(objects, func(object map[string]any) bool { return rank(object) == 1 })
	for i, object := range objects {
		if i == bindings {
			time.Sleep(500 * time.Millisecond)
		}
		if err := s.create(object); err != nil {
			return err
		}
	}
	if err := s.create(probeBinding(probe)); err != nil {
		return err
	}
	probed := map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": probe, "namespace": "shop"}}
	for range 300 {
		verdict, err := s.judge(probed, "")
		if err != nil {
			return err
		}
		if strings.Contains(fmt.Sprint(verdict), "'probe'") {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("not in force after 30 s")
}

// probePolicy refuses nothing but what is named in its bindings. As long as it names a kind of
// parameters, the server keeps watching them; it would not begin again.
func probePolicy() map[string]any {
	return map[string]any{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
		"metadata": map[string]any{"name": "probe"},
		"spec": map[string]any{
			"paramKind":        map[string]any{"apiVersion": "v1", "kind": "ConfigMap"},
			"matchConstraints": map[string]any{"resourceRules": []any{configMaps()}},
			"validations":      []any{map[string]any{"expression": "false"}},
		},
	}
}

func probeBinding(name string) map[string]any {
	rule := configMaps()
	rule["resourceNames"] = []any{name}
	return map[string]any{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
		"metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"policyName": "probe", "validationActions": []any{"Warn"},
			"matchResources": map[string]any{"resourceRules": []any{rule}},
		},
	}
}

func configMaps() map[string]any {
	return map[string]any{
		"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "operations": []any{"CREATE"}, "resources": []any{"configmaps"},
	}
}

// create makes an object for good.
func (s *server) create(object map[string]any) error {
	of, ok := s.kinds.of(object)
	if !ok {
		return fmt.Errorf("unknown kind %s", text(object, "kind"))
	}
	code, answer, _, err := s.call(http.MethodPost, of.path(text(object, "metadata", "namespace")), object)
	if err == nil && code != http.StatusCreated {
		err = fmt.Errorf("%s", answer)
	}
	return err
}

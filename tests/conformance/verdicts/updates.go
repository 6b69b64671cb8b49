package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// Whether the pods of a workload are replaced, in a record.
const (
	podsKept     = "kept"
	podsReplaced = "replaced"
)

// completed is a good manifest as the server completes it.
type completed struct {
	Manifest string         `json:"manifest"`
	Object   map[string]any `json:"object"`
}

// askUpdates asks about mutants as updates of the manifest that they come from: it applies the
// manifest, then each mutant as a dry run by the same manager. Only mutants that the server takes
// as new objects are asked about and returned. Each manifest is there alone, so that none of them
// decides what becomes of another.
func (s *server) askUpdates(manifests []manifest, records []record, workers int, older bool) ([]record, []completed, error) {
	var out []record
	var objects []completed
	for _, m := range manifests {
		mine := slices.DeleteFunc(slices.Clone(records), func(r record) bool { return r.Manifest != m.name })
		if err := s.remove(m.object); err != nil {
			return nil, nil, err
		}
		apply := func(r *record) (err error) {
			r.verdict, _, err = s.apply(asNew(r.Edit.apply(clone(m.object))), true)
			return err
		}
		if err := s.each(mine, workers, apply); err != nil {
			return nil, nil, err
		}
		mine = slices.DeleteFunc(mine, func(r record) bool { return r.Code != http.StatusCreated })
		said, object, err := s.apply(m.object, false)
		if err != nil {
			return nil, nil, err
		}
		if said.Code >= http.StatusMultipleChoices {
			if older {
				continue
			}
			return nil, nil, fmt.Errorf("%s: %d %s %s", m.name, said.Code, said.Message, said.Causes)
		}
		if err := s.bind(object); err != nil {
			return nil, nil, err
		}
		objects = append(objects, completed{m.name, own(object)})
		template, err := podTemplate(object)
		if err != nil {
			return nil, nil, err
		}
		update := func(r *record) error {
			verdict, object, err := s.apply(r.Edit.apply(clone(m.object)), true)
			if err != nil {
				return err
			}
			verdict.Warnings = nil
			r.verdict = verdict
			if verdict.Code != http.StatusOK || template == nil {
				return nil
			}
			changed, err := podTemplate(object)
			if err != nil {
				return err
			}
			r.Pods = podsReplaced
			if equality.Semantic.DeepEqual(template, changed) {
				r.Pods = podsKept
			}
			return nil
		}
		if err := s.each(mine, workers, update); err != nil {
			return nil, nil, err
		}
		if err := s.remove(m.object); err != nil {
			return nil, nil, err
		}
		// A conflict is about the object that is there, not about what changes.
		out = append(out, slices.DeleteFunc(mine, func(r record) bool { return r.Code == http.StatusConflict })...)
	}
	return out, objects, nil
}

// apply applies an object on the server's side, and returns what came of it.
func (s *server) apply(object any, dryRun bool) (verdict, map[string]any, error) {
	query := url.Values{"fieldManager": {"conformance"}, "force": {"true"}, "fieldValidation": {"Strict"}}
	if dryRun {
		query.Set("dryRun", "All")
	}
	code, answer, header, err := s.send(http.MethodPatch, s.address(object)+"?"+query.Encode(), "application/apply-patch+yaml", object)
	if errors.Is(err, io.EOF) {
		// It panicked, as on some objects that are posted.
		return verdict{}, nil, nil
	}
	if err != nil {
		return verdict{}, nil, err
	}
	said := readVerdict(code, answer, header)
	if code >= http.StatusMultipleChoices {
		return said, nil, nil
	}
	var out map[string]any
	return said, out, decode(answer, &out)
}

// bind makes a claim one that has its volume: until then nothing of it may change, and claims
// that matter are bound.
func (s *server) bind(object map[string]any) error {
	if text(object, "kind") != "PersistentVolumeClaim" {
		return nil
	}
	spec, _ := object["spec"].(map[string]any)
	resources, _ := spec["resources"].(map[string]any)
	status := map[string]any{"phase": "Bound", "capacity": resources["requests"]}
	code, answer, _, err := s.send(http.MethodPatch, s.address(object)+"/status", "application/merge-patch+json", map[string]any{"status": status})
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("cannot bind %s: %s", text(object, "metadata", "name"), answer)
	}
	return err
}

// asNew is an object under a name that is free: only a controller could remove a Namespace.
func asNew(object any) any {
	if text(object, "metadata", "name") != "" && text(object, "kind") == "Namespace" {
		object.(map[string]any)["metadata"].(map[string]any)["name"] = "as-new"
	}
	return object
}

// remove deletes an object with its finalizers, if it is there and can be removed.
func (s *server) remove(object any) error {
	if text(object, "kind") == "Namespace" {
		return nil
	}
	at := s.address(object)
	code, answer, _, err := s.send(http.MethodDelete, at+"?gracePeriodSeconds=0", "application/json", nil)
	if err != nil || code == http.StatusNotFound {
		return err
	}
	if code >= http.StatusMultipleChoices {
		return fmt.Errorf("cannot delete %s: %s", at, answer)
	}
	none := map[string]any{"metadata": map[string]any{"finalizers": nil}}
	_, _, _, err = s.send(http.MethodPatch, at, "application/merge-patch+json", none)
	return err
}

// own is an object without what belongs to the one copy of it in this server.
func own(object map[string]any) map[string]any {
	metadata, _ := object["metadata"].(map[string]any)
	for _, key := range []string{"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"} {
		delete(metadata, key)
	}
	delete(object, "status")
	return object
}

// podTemplate is the template of a workload that replaces its pods when it changes.
func podTemplate(object map[string]any) (*core.PodTemplateSpec, error) {
	if !slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet"}, text(object, "kind")) {
		return nil, nil
	}
	spec, _ := object["spec"].(map[string]any)
	encoded, err := json.Marshal(spec["template"])
	if err != nil {
		return nil, err
	}
	var out core.PodTemplateSpec
	return &out, json.Unmarshal(encoded, &out)
}

// keepsName says whether a mutant is still the same object.
func keepsName(e edit) bool {
	return e.Path[0] != "metadata" || len(e.Path) > 1 && !slices.Contains([]any{"name", "generateName"}, e.Path[1])
}

// steps are the keys of a path that dots separate.
func steps(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' })
}

// has says whether an object has something at a path.
func has(object map[string]any, path string) bool {
	var at any = object
	for _, step := range steps(path) {
		inner, _ := at.(map[string]any)
		at = inner[step]
	}
	return at != nil
}

// within says whether an edit lies below a path.
func within(e edit, path string) bool {
	steps := steps(path)
	if len(e.Path) < len(steps) {
		return false
	}
	for i, step := range steps {
		if e.Path[i] != step {
			return false
		}
	}
	return true
}

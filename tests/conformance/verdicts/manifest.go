package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// manifest is a file with one object that the server accepts.
type manifest struct {
	name   string
	object map[string]any
}

func readFolder(folder string) ([]manifest, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no manifests in %s", folder)
	}
	slices.Sort(paths)
	var out []manifest
	for _, path := range paths {
		object, err := readManifest(path)
		if err != nil {
			return nil, err
		}
		out = append(out, manifest{strings.TrimSuffix(filepath.Base(path), ".yaml"), object})
	}
	return out, nil
}

func readManifest(path string) (map[string]any, error) {
	objects, err := readManifests(path)
	if err != nil {
		return nil, err
	}
	if len(objects) != 1 {
		return nil, fmt.Errorf("%s: %d objects", path, len(objects))
	}
	return objects[0], nil
}

// readManifests reads a file of one or several objects.
func readManifests(path string) ([]map[string]any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		object, err := parse(path, document)
		if err != nil {
			return nil, err
		}
		out = append(out, object)
	}
	return out, nil
}

func parse(path string, text []byte) (map[string]any, error) {
	converted, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var object map[string]any
	if err := decode(converted, &object); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return object, nil
}

// decode reads JSON without loss: numbers keep their text.
func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// clone copies a value as deep as it goes.
func clone(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, inner := range value {
			out[key] = clone(inner)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, inner := range value {
			out[i] = clone(inner)
		}
		return out
	default:
		return value
	}
}

func text(value any, path ...string) string {
	for _, key := range path {
		inner, _ := value.(map[string]any)
		value = inner[key]
	}
	out, _ := value.(string)
	return out
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// schema is the type of a value, as schemas/ has it.
type schema struct {
	Ref                  string             `json:"$ref"`
	Type                 string             `json:"type"`
	Format               string             `json:"format"`
	Enum                 []any              `json:"enum"`
	Properties           map[string]*schema `json:"properties"`
	AdditionalProperties json.RawMessage    `json:"additionalProperties"`
	Items                *schema            `json:"items"`
	Required             []string           `json:"required"`
	AllOf                []*schema          `json:"allOf"`
	OneOf                []*schema          `json:"oneOf"`
	IntOrString          bool               `json:"x-kubernetes-int-or-string"`

	name   string
	values *schema
}

type kind struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Plural     string `json:"plural"`
	Namespaced bool   `json:"namespaced"`
	Type       string `json:"type"`
}

type schemas struct {
	kinds map[[2]string]kind
	types map[string]*schema
}

func readSchemas(paths []string) (*schemas, error) {
	all := &schemas{kinds: map[[2]string]kind{}, types: map[string]*schema{}}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var document struct {
			Kinds []kind             `json:"kinds"`
			Types map[string]*schema `json:"types"`
		}
		if err := json.Unmarshal(text, &document); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, kind := range document.Kinds {
			all.kinds[[2]string{kind.APIVersion, kind.Kind}] = kind
		}
		for name, of := range document.Types {
			of.name = name
			all.types[name] = of
		}
	}
	return all, nil
}

func (s *schemas) of(object any) (kind, bool) {
	found, ok := s.kinds[[2]string{text(object, "apiVersion"), text(object, "kind")}]
	return found, ok
}

// resolve follows references, and the single type that allOf or oneOf may wrap.
func (s *schemas) resolve(of *schema) *schema {
	for of != nil {
		switch {
		case of.Ref != "":
			of = s.types[of.Ref]
		case len(of.AllOf) == 1 && of.Type == "" && of.Properties == nil:
			of = of.AllOf[0]
		default:
			return of
		}
	}
	return nil
}

// field is the type of what stands under a key of a map.
func (s *schemas) field(of *schema, key string) *schema {
	if of == nil {
		return nil
	}
	if field, ok := of.Properties[key]; ok {
		return s.resolve(field)
	}
	return s.resolve(of.value())
}

// value is the type of all values of a map with free keys, if it is one.
func (of *schema) value() *schema {
	if of.values == nil && len(of.AdditionalProperties) > 0 && of.AdditionalProperties[0] == '{' {
		of.values = &schema{}
		// It is part of a document that was read as JSON already.
		_ = json.Unmarshal(of.AdditionalProperties, of.values)
	}
	return of.values
}

func (of *schema) keys() []string {
	var out []string
	for key := range of.Properties {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// Command verdicts asks a real API server about good manifests and about mutants of them,
// each the manifest with one edit, and writes the edits with the server's verdicts as
// compressed lines of JSON.
//
//	verdicts [flags] URL TOKEN SCHEMAS.json...
//
// The same seed, manifests and schemas make the same edits. Every good manifest must be
// accepted without a warning.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// record is one line of a file of verdicts.
type record struct {
	Manifest string `json:"manifest"`
	// Level is the Pod Security level of the namespace, where it has one.
	Level string `json:"level,omitempty"`
	// Policy is the file of the policies that were in force, where there were any.
	Policy string `json:"policy,omitempty"`
	Edit   edit   `json:"edit"`
	// Pods says whether an update of a workload replaces its pods.
	Pods string `json:"pods,omitempty"`
	verdict
}

type options struct {
	seed      uint64
	count     int
	manifests string
	cluster   string
	crds      string
	levels    string
	policies  string
	updates   bool
	within    string
	completed string
	out       string
	workers   int
	older     bool
}

func main() {
	var o options
	flag.Uint64Var(&o.seed, "seed", 1, "the seed of the edits")
	flag.IntVar(&o.count, "count", 20000, "how many mutants to ask for")
	flag.StringVar(&o.manifests, "manifests", "", "the folder of good manifests")
	flag.StringVar(&o.cluster, "cluster", "", "the folders of what is in the cluster beforehand, separated by commas")
	flag.StringVar(&o.crds, "crds", "", "CRD files to install, separated by commas")
	flag.StringVar(&o.levels, "levels", "", "ask in the namespaces of these Pod Security levels, separated by commas")
	flag.StringVar(&o.policies, "policies", "", "ask under each of the policies of this folder in turn")
	flag.BoolVar(&o.updates, "updates", false, "ask about mutants as updates of the manifests")
	flag.StringVar(&o.within, "within", "", "only edit what lies below this path, of manifests that have it")
	flag.StringVar(&o.completed, "completed", "", "with -updates, the file to write the completed manifests to")
	flag.StringVar(&o.out, "out", "", "the file to write; what changed in it is printed")
	flag.IntVar(&o.workers, "workers", 4, "how many questions to ask at once")
	flag.BoolVar(&o.older, "older", false, "leave out the manifests that this version does not take")
	flag.Parse()
	if err := run(o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		os.Exit(1)
	}
}

func run(o options, args []string) error {
	if len(args) < 3 || o.manifests == "" || o.out == "" {
		return fmt.Errorf("usage: verdicts -manifests FOLDER -out FILE [flags] URL TOKEN SCHEMAS.json...")
	}
	kinds, err := readSchemas(args[2:])
	if err != nil {
		return err
	}
	api := newServer(args[0], args[1], kinds)
	if err := api.prepare(fields(o.cluster), fields(o.crds)); err != nil {
		return err
	}
	manifests, err := readFolder(o.manifests)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(o.seed, 0))
	if o.updates {
		manifests = slices.DeleteFunc(manifests, func(m manifest) bool { return !has(m.object, o.within) })
		return recordUpdates(o, api, newMutator(random, kinds, manifests))
	}
	manifests, bad, err := api.accepts(manifests)
	if err != nil {
		return err
	}
	if len(bad) > 0 && !o.older {
		return fmt.Errorf("manifests that are not good:\n%s", strings.Join(bad, "\n"))
	}
	records := newMutator(random, kinds, manifests).mutants(o.count)
	if levels := fields(o.levels); len(levels) > 0 {
		records = atLevels(records, levels)
	}
	objects := map[string]any{}
	for _, manifest := range manifests {
		objects[manifest.name] = manifest.object
	}
	if err := api.ask(records, objects, o.workers); err != nil {
		return err
	}
	records = slices.DeleteFunc(records, func(r record) bool { return !r.ofObject(r.Level != "") })
	if o.policies != "" {
		if records, err = api.askUnderPolicies(o.policies, records, objects, o.workers); err != nil {
			return err
		}
	}
	return write(o, records)
}

// write writes records, and says what changed in them.
func write(o options, records []record) error {
	before, err := readRecords(o.out)
	if err != nil {
		return err
	}
	report(os.Stdout, filepath.Base(o.out), before, records)
	return writeLines(o.out, records)
}

// recordUpdates asks about mutants as updates, and writes what the server says of them.
func recordUpdates(o options, api *server, mutator *mutator) error {
	mutator.operations = valueOperations
	mutator.wanted = func(e edit) bool { return keepsName(e) && within(e, o.within) }
	records, objects, err := api.askUpdates(mutator.all, mutator.mutants(o.count), o.workers, o.older)
	if err != nil {
		return err
	}
	if o.completed != "" {
		if err := writeLines(o.completed, objects); err != nil {
			return err
		}
	}
	return write(o, records)
}

// atLevels asks each question in the namespace of each level.
func atLevels(records []record, levels []string) []record {
	var out []record
	for _, r := range records {
		for _, level := range levels {
			r.Level = level
			out = append(out, r)
		}
	}
	return out
}

func fields(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

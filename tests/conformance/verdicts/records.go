package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

func writeLines[T any](path string, lines []T) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	compressed, err := gzip.NewWriterLevel(file, gzip.BestCompression)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(compressed)
	encoder.SetEscapeHTML(false)
	for _, line := range lines {
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	if err := compressed.Close(); err != nil {
		return err
	}
	return file.Close()
}

func readRecords(path string) ([]record, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	compressed, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	var out []record
	lines := json.NewDecoder(bufio.NewReader(compressed))
	lines.UseNumber()
	for {
		var r record
		if err := lines.Decode(&r); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, r)
	}
}

// report says how verdicts on the same edits differ from those that were recorded before.
func report(out io.Writer, name string, before, after []record) {
	key := func(r record) string {
		text, _ := json.Marshal([]any{r.Manifest, r.Level, r.Policy, r.Edit})
		return string(text)
	}
	// The server walks some maps, so that the order of its causes differs.
	said := func(r record) string {
		r.Causes = slices.Clone(r.Causes)
		slices.SortFunc(r.Causes, func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
		text, _ := json.Marshal([]any{r.verdict, r.Pods})
		return string(text)
	}
	old := map[string]record{}
	for _, r := range before {
		old[key(r)] = r
	}
	same, changed, added, refused := 0, 0, 0, 0
	for _, r := range after {
		if r.Code >= 300 {
			refused++
		}
		was, ok := old[key(r)]
		delete(old, key(r))
		switch {
		case !ok:
			added++
		case said(was) == said(r):
			same++
		default:
			changed++
			if changed <= 20 {
				fmt.Fprintf(out, "  %s %s\n    was %s\n    is  %s\n", r.Manifest, key(r), said(was), said(r))
			}
		}
	}
	fmt.Fprintf(out, "%s: %d verdicts, %d refused; of those recorded before %d are the same, %d changed, %d are gone; %d are new\n",
		name, len(after), refused, same, changed, len(old), added)
}

package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// verdict is what the server says of an object.
type verdict struct {
	Code     int         `json:"code"`
	Message  string      `json:"message,omitempty"`
	Causes   [][3]string `json:"causes,omitempty"`
	Warnings []string    `json:"warnings,omitempty"`
}

// ofObject says whether the verdict is one on the object alone: not on what is in the
// cluster or at the address that was asked.
func (v verdict) ofObject(podSecurity bool) bool {
	if podSecurity {
		return v.Code == http.StatusCreated || v.Code == http.StatusForbidden && strings.Contains(v.Message, "violates PodSecurity")
	}
	switch v.Code {
	case http.StatusCreated, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return true
	}
	return false
}

type server struct {
	url, token string
	kinds      *schemas
	client     http.Client
}

func newServer(url, token string, kinds *schemas) *server {
	transport := &http.Transport{
		// The server is our own, on loopback, with a certificate that it signed itself.
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
		MaxIdleConnsPerHost: 64,
	}
	return &server{url: url, token: token, kinds: kinds, client: http.Client{Transport: transport}}
}

func (s *server) call(method, path string, body any) (int, []byte, http.Header, error) {
	return s.send(method, path, "application/json", body)
}

func (s *server) send(method, path, contentType string, body any) (int, []byte, http.Header, error) {
	var reader io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, nil, nil, err
		}
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, s.url+path, reader)
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", contentType)
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, response.Header, err
}

// path is the address of the collection to which an object of a kind is posted.
func (k kind) path(namespace string) string {
	prefix := "/apis/"
	if !strings.Contains(k.APIVersion, "/") {
		prefix = "/api/"
	}
	path := prefix + k.APIVersion
	if k.Namespaced {
		path += "/namespaces/" + namespace
	}
	return path + "/" + k.Plural
}

// prepare makes what has to be in the cluster beforehand.
func (s *server) prepare(folders, crds []string) error {
	var objects []manifest
	for _, folder := range folders {
		read, err := readFolder(folder)
		if err != nil {
			return err
		}
		objects = append(objects, read...)
	}
	for _, path := range crds {
		object, err := readManifest(path)
		if err != nil {
			return err
		}
		objects = append(objects, manifest{path, object})
	}
	for _, m := range objects {
		of, ok := s.kinds.of(m.object)
		if !ok {
			return fmt.Errorf("%s: unknown kind", m.name)
		}
		code, answer, _, err := s.call(http.MethodPost, of.path(text(m.object, "metadata", "namespace")), m.object)
		if err != nil {
			return err
		}
		if code != http.StatusCreated && code != http.StatusConflict {
			return fmt.Errorf("%s: %s", m.name, answer)
		}
	}
	for _, path := range crds {
		if err := s.awaitCRD(path); err != nil {
			return err
		}
	}
	return nil
}

// awaitCRD waits until the server serves a new kind, which takes a moment.
func (s *server) awaitCRD(path string) error {
	object, err := readManifest(path)
	if err != nil {
		return err
	}
	versions, _ := object["spec"].(map[string]any)["versions"].([]any)
	for _, version := range versions {
		if served, _ := version.(map[string]any)["served"].(bool); !served {
			continue
		}
		at := "/apis/" + text(object, "spec", "group") + "/" + text(version, "name") + "/" + text(object, "spec", "names", "plural")
		code := 0
		for range 300 {
			if code, _, _, err = s.call(http.MethodGet, at+"?limit=1", nil); err != nil {
				return err
			}
			if code == http.StatusOK {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if code != http.StatusOK {
			return fmt.Errorf("%s: not served after 30 s", at)
		}
	}
	return nil
}

// accepts returns the manifests that the server takes in silence, and says which it does
// not.
func (s *server) accepts(manifests []manifest) (good []manifest, bad []string, err error) {
	for _, m := range manifests {
		if _, known := s.kinds.of(m.object); !known {
			bad = append(bad, m.name+": unknown kind")
			continue
		}
		verdict, err := s.judge(m.object, "")
		if err != nil {
			return nil, nil, err
		}
		if verdict.Code == http.StatusCreated && len(verdict.Warnings) == 0 {
			good = append(good, m)
		} else {
			bad = append(bad, fmt.Sprintf("%s: %d %s %s %s", m.name, verdict.Code, verdict.Message, verdict.Causes, verdict.Warnings))
		}
	}
	return good, bad, nil
}

// ask fills in the verdicts.
func (s *server) ask(records []record, manifests map[string]any, workers int) error {
	return s.each(records, workers, func(r *record) (err error) {
		r.verdict, err = s.judge(r.Edit.apply(clone(manifests[r.Manifest])), r.Level)
		return err
	})
}

// each does something with every record, several at once, and returns the first failure.
func (s *server) each(records []record, workers int, do func(*record) error) error {
	queue := make(chan *record)
	failures := make(chan error, workers)
	var group sync.WaitGroup
	for range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for r := range queue {
				if err := do(r); err != nil {
					select {
					case failures <- fmt.Errorf("%s %v: %w", r.Manifest, r.Edit, err):
					default:
					}
				}
			}
		}()
	}
	for i := range records {
		queue <- &records[i]
	}
	close(queue)
	group.Wait()
	select {
	case err := <-failures:
		return err
	default:
		return nil
	}
}

var quotedWarning = regexp.MustCompile(`^299 \S+ "((?:[^"\\]|\\.)*)"`)

// judge posts an object as a dry run.
func (s *server) judge(object any, namespace string) (verdict, error) {
	of, _ := s.kinds.of(object)
	if namespace == "" {
		namespace = namespaceOf(object)
	}
	code, answer, header, err := s.call(http.MethodPost, of.path(namespace)+"?dryRun=All&fieldValidation=Strict", object)
	if errors.Is(err, io.EOF) {
		// It panicked, which it does on a few odd schemas, and said nothing.
		return verdict{}, nil
	}
	if err != nil {
		return verdict{}, err
	}
	return readVerdict(code, answer, header), nil
}

// namespaceOf is where an object goes that names no namespace.
func namespaceOf(object any) string {
	if namespace := text(object, "metadata", "namespace"); namespace != "" {
		return namespace
	}
	return "shop"
}

// address is that of an object itself.
func (s *server) address(object any) string {
	of, _ := s.kinds.of(object)
	return of.path(namespaceOf(object)) + "/" + url.PathEscape(text(object, "metadata", "name"))
}

// readVerdict reads what the server says of an object.
func readVerdict(code int, answer []byte, header http.Header) verdict {
	out := verdict{Code: code}
	for _, warning := range header.Values("Warning") {
		if match := quotedWarning.FindStringSubmatch(warning); match != nil {
			warning = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(match[1])
		}
		out.Warnings = append(out.Warnings, warning)
	}
	if code < http.StatusMultipleChoices {
		return out
	}
	var status struct {
		Message string
		Details struct {
			Causes []struct{ Field, Reason, Message string }
		}
	}
	if err := json.Unmarshal(answer, &status); err != nil {
		out.Message = string(answer)
		return out
	}
	out.Message = status.Message
	for _, cause := range status.Details.Causes {
		out.Causes = append(out.Causes, [3]string{cause.Field, cause.Reason, shorten(cause.Message)})
	}
	if len(out.Causes) > 0 {
		// The message only lists them again.
		out.Message = ""
	}
	out.Message = shorten(out.Message)
	return out
}

var uid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// shorten keeps out of the recorded messages what is long or new each time.
func shorten(message string) string {
	const most = 400
	message = uid.ReplaceAllString(message, "UID")
	if len(message) <= most {
		return message
	}
	return strings.ToValidUTF8(message[:most], "") + "..."
}

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// edit is one change of an object. A step of a path is a key or an index.
type edit struct {
	// Op is "set" (a value at a path, new or not), "remove", "rename" (a key, to Value)
	// or "insert" (Value into a list, before the index that ends the path).
	Op    string `json:"op"`
	Path  []any  `json:"path"`
	Value any    `json:"value,omitempty"`
}

// apply edits an object in place and returns it.
func (e edit) apply(object any) any {
	return e.at(object, e.Path)
}

func (e edit) at(value any, path []any) any {
	if len(path) > 1 {
		switch inner := value.(type) {
		case map[string]any:
			key := path[0].(string)
			inner[key] = e.at(inner[key], path[1:])
		case []any:
			index := position(path[0])
			inner[index] = e.at(inner[index], path[1:])
		}
		return value
	}
	switch inner := value.(type) {
	case map[string]any:
		key := path[0].(string)
		switch e.Op {
		case "set":
			inner[key] = e.Value
		case "remove":
			delete(inner, key)
		case "rename":
			inner[e.Value.(string)] = inner[key]
			delete(inner, key)
		}
	case []any:
		index := position(path[0])
		switch e.Op {
		case "set":
			inner[index] = e.Value
		case "remove":
			return slices.Delete(inner, index, index+1)
		case "insert":
			return slices.Insert(inner, index, e.Value)
		}
	}
	return value
}

func position(step any) int {
	switch step := step.(type) {
	case int:
		return step
	case json.Number:
		index, _ := strconv.Atoi(step.String())
		return index
	}
	panic(fmt.Sprintf("%v is no index", step))
}

// place is a value in a manifest.
type place struct {
	path   []any
	value  any
	of     *schema
	parent any
	holder *schema
}

func (p place) key() (string, bool) {
	key, ok := p.path[len(p.path)-1].(string)
	return key, ok
}

// slot is a field of a type; the values seen there serve elsewhere, too.
type slot struct {
	of  *schema
	key string
}

type mutator struct {
	random     *rand.Rand
	kinds      *schemas
	operations []operation
	// wanted says which edits are of use.
	wanted func(edit) bool
	all    []manifest
	places [][]place
	seen   map[slot][]any
	// byKey are the values under a key, whatever the type around it.
	byKey map[string][]any
	// fieldsOf are the keys seen in maps of a type.
	fieldsOf map[*schema][]string
	keys     []string
}

func newMutator(random *rand.Rand, kinds *schemas, manifests []manifest) *mutator {
	m := &mutator{
		random: random, kinds: kinds, operations: operations, all: manifests,
		wanted: func(edit) bool { return true },
		seen:   map[slot][]any{}, byKey: map[string][]any{}, fieldsOf: map[*schema][]string{},
	}
	for _, manifest := range manifests {
		of, _ := kinds.of(manifest.object)
		var places []place
		m.walk(nil, manifest.object, kinds.resolve(&schema{Ref: of.Type}), &places)
		m.places = append(m.places, places)
	}
	for key := range m.byKey {
		m.keys = append(m.keys, key)
	}
	slices.Sort(m.keys)
	return m
}

func (m *mutator) walk(path []any, value any, of *schema, out *[]place) {
	visit := func(step, inner any, type_ *schema) {
		inside := append(slices.Clone(path), step)
		if !ours(inside) {
			return
		}
		*out = append(*out, place{path: inside, value: inner, of: type_, parent: value, holder: of})
		m.walk(inside, inner, type_, out)
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(value) {
			inner := m.kinds.field(of, key)
			if of != nil {
				at := slot{of, key}
				m.seen[at] = append(m.seen[at], value[key])
				if !slices.Contains(m.fieldsOf[of], key) {
					m.fieldsOf[of] = append(m.fieldsOf[of], key)
				}
			}
			m.byKey[key] = append(m.byKey[key], value[key])
			visit(key, value[key], inner)
		}
	case []any:
		for i, item := range value {
			var inner *schema
			if of != nil {
				inner = m.kinds.resolve(of.Items)
			}
			visit(i, item, inner)
		}
	}
}

// ours says whether a place may be edited: not what decides to which address an object is
// posted, nor what the server drops unread.
func ours(path []any) bool {
	switch path[0] {
	case "apiVersion", "kind", "status":
		return false
	}
	return len(path) < 2 || path[0] != "metadata" || path[1] != "namespace"
}

func sortedKeys(value map[string]any) []string {
	var out []string
	for key := range value {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// mutants makes up to count records without verdicts, none twice, more of them of larger
// manifests.
func (m *mutator) mutants(count int) []record {
	var weights []float64
	total := 0.0
	for _, places := range m.places {
		weight := math.Sqrt(float64(len(places)))
		weights = append(weights, weight)
		total += weight
	}
	var out []record
	for i, manifest := range m.all {
		seen := map[string]bool{}
		want := int(float64(count)*weights[i]/total) + 1
		for range want * 20 {
			if len(seen) == want {
				break
			}
			e, ok := m.edit(m.places[i])
			if !ok || !ours(e.Path) || !m.wanted(e) {
				continue
			}
			object := e.apply(clone(manifest.object))
			text, err := json.Marshal(object)
			if err != nil || seen[string(text)] || len(text) > 100_000 {
				continue
			}
			seen[string(text)] = true
			out = append(out, record{Manifest: manifest.name, Edit: e})
		}
	}
	return out
}

type operation struct {
	weight int
	make   func(*mutator, place) (edit, bool)
}

var operations = []operation{
	{10, (*mutator).remove},
	{3, (*mutator).misspell},
	{2, (*mutator).null},
	{6, (*mutator).retype},
	{3, (*mutator).wrap},
	{4, (*mutator).empty},
	{14, (*mutator).number},
	{18, (*mutator).string},
	{6, (*mutator).quantity},
	{8, (*mutator).repeat},
	{5, (*mutator).repeatChanged},
	{8, (*mutator).swapEnum},
	{14, (*mutator).graftField},
	{12, (*mutator).graftValue},
	{12, (*mutator).newField},
	{4, (*mutator).strangeField},
	{3, (*mutator).sibling},
	{5, (*mutator).renameFree},
	{3, (*mutator).insertOdd},
}

func (m *mutator) edit(places []place) (edit, bool) {
	total := 0
	for _, op := range m.operations {
		total += op.weight
	}
	at := places[m.random.IntN(len(places))]
	roll := m.random.IntN(total)
	for _, op := range m.operations {
		if roll < op.weight {
			return op.make(m, at)
		}
		roll -= op.weight
	}
	panic("the roll is below the total")
}

func pick[T any](m *mutator, from []T) T { return from[m.random.IntN(len(from))] }

func set(path []any, value any) (edit, bool) {
	return edit{Op: "set", Path: path, Value: value}, true
}

func none() (edit, bool) { return edit{}, false }

func under(path []any, step any) []any { return append(slices.Clone(path), step) }

func (m *mutator) remove(at place) (edit, bool) {
	return edit{Op: "remove", Path: at.path}, true
}

func (m *mutator) misspell(at place) (edit, bool) {
	key, ok := at.key()
	if !ok || len(key) == 0 {
		return none()
	}
	i := m.random.IntN(len(key))
	var wrong string
	switch m.random.IntN(4) {
	case 0:
		wrong = key[:i] + key[i+1:]
	case 1:
		wrong = key[:i] + key[i:i+1] + key[i:]
	case 2:
		wrong = strings.ToUpper(key[:1]) + key[1:]
	default:
		wrong = key + "s"
	}
	return m.rename(at, wrong)
}

func (m *mutator) rename(at place, to string) (edit, bool) {
	parent, ok := at.parent.(map[string]any)
	if _, taken := parent[to]; !ok || taken {
		return none()
	}
	return edit{Op: "rename", Path: at.path, Value: to}, true
}

func (m *mutator) null(at place) (edit, bool) { return set(at.path, nil) }

func (m *mutator) retype(at place) (edit, bool) {
	switch value := at.value.(type) {
	case json.Number:
		if m.random.IntN(2) == 0 {
			return set(at.path, value.String())
		}
	case bool:
		if m.random.IntN(2) == 0 {
			return set(at.path, strconv.FormatBool(value))
		}
	}
	return set(at.path, pick(m, []any{
		true, false, "text", map[string]any{}, []any{}, json.Number("3"), json.Number("1.5"), json.Number("1.0"),
		map[string]any{"a": "b"}, []any{"a"}, []any{map[string]any{"a": "b"}},
	}))
}

func (m *mutator) wrap(at place) (edit, bool) {
	switch value := at.value.(type) {
	case []any:
		if len(value) > 0 && m.random.IntN(2) == 0 {
			return set(at.path, value[0])
		}
	case map[string]any:
		if keys := sortedKeys(value); len(keys) > 0 && m.random.IntN(2) == 0 {
			return set(at.path, value[pick(m, keys)])
		}
	}
	if m.random.IntN(3) == 0 {
		return set(at.path, map[string]any{"value": at.value})
	}
	return set(at.path, []any{at.value})
}

func (m *mutator) empty(at place) (edit, bool) {
	switch at.value.(type) {
	case map[string]any:
		return set(at.path, map[string]any{})
	case []any:
		return set(at.path, []any{})
	case string:
		return set(at.path, "")
	}
	return none()
}

var numbers = []int64{
	-1, 0, 1, 2, 3, 7, 10, 60, 100, 101, 256, 511, 512, 600, 1000, 1023, 1024, 3600, 30000, 32767, 32768, 65535, 65536,
	86400, 100000, 1000000001, math.MaxInt32, math.MaxInt32 + 1, math.MinInt32, 1 << 40,
}

func number(value int64) json.Number { return json.Number(strconv.FormatInt(value, 10)) }

func (m *mutator) number(at place) (edit, bool) {
	old, ok := at.value.(json.Number)
	if !ok {
		if at.of == nil || !(at.of.IntOrString || at.of.Format == "int-or-string") {
			return none()
		}
		return set(at.path, number(pick(m, numbers)))
	}
	value, err := old.Int64()
	if err != nil {
		return none()
	}
	near := []int64{value - 1, value + 1, -value, value * 2, value * 100, value / 2}
	if m.random.IntN(3) == 0 {
		return set(at.path, number(pick(m, near)))
	}
	return set(at.path, number(pick(m, numbers)))
}

var words = []string{
	"", "a", "A", "1", "a b", "a_b", "a-", "-a", "a.b", "a..b", ".a", ".", "..", "a/b", "/", "/a", "a/", "//", "/a//b", "/a/../b", "/a/./b", "../a",
	"a/../b", "a/b/c", "a:b", "a=b", "*", "*.example.com", "a.*.com", "*.com", "example.com", "Example.com", "example.com/a", "example.com.",
	"kubernetes.io/x", "k8s.io/a", "system:x", "system-x", "é", "a\nb", " a", "a ", "$(X)", "{}", "[", "^a$", "a@b",
	"10.0.0.1", "300.0.0.1", "010.0.0.1", "10.0.0.0/8", "10.0.0.1/8", "0.0.0.0/0", "10.0.0.0/33", "::1", "fd00::/8", "::/0", "::ffff:10.0.0.1",
	"http", "HTTP", "http--x", "80", "0", "-1", "65536", "1-a", "TCP", "tcp", "UDP", "SCTP", "100%", "101%", "0%", "-5%", "a%", "25", "1.5",
	"1Gi", "1GB", "100m", "0 3 * * *", "@daily", "@every 1h", "* * *", "60 * * * *", "TZ=UTC 0 0 * * *", "Europe/Berlin", "Mars/Base", "UTC", "Local",
	"metadata.name", "metadata.labels", "metadata.labels['a']", "spec.nodeName", "limits.cpu", "requests.memory", "status.podIP",
	"v1", "apps/v1", "true", "None", "none", "Always", "Exists", "In", "Equal", "NoSchedule", "Default", "Local", "Cluster", "Pod", "Deployment", "Role", "User",
	"https://example.com", "http://example.com/a?b#c", "1h", "10s", "2026-01-31T12:00:00Z", "2026-01-31", "YQ==", "self.a == 1", "object.spec.replicas > 1", "object.",
	"sha256:abc", "nginx", "system-cluster-critical", "localhost/x", "unconfined", "runtime/default", "CAP_SYS_ADMIN", "net.ipv4.tcp_syncookies", "kernel.shm_rmid_forced",
}

func (m *mutator) string(at place) (edit, bool) {
	old, ok := at.value.(string)
	if !ok {
		if at.of == nil || !(at.of.IntOrString || at.of.Format == "int-or-string") {
			return none()
		}
		return set(at.path, pick(m, words))
	}
	switch m.random.IntN(4) {
	case 0:
		longer := []string{
			strings.ToUpper(old), old + "-", "-" + old, old + "/", old + ".", old + "_x", old + " ", old + "x", "x" + old, old + old,
			strings.Repeat("a", 16), strings.Repeat("a", 53), strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a", 254),
			strings.Repeat("a.", 126) + "a", strings.Repeat("a.", 127) + "a", strings.Repeat("a", 1025), strings.ToLower(old),
		}
		return set(at.path, pick(m, longer))
	case 1:
		if len(old) > 1 {
			i := m.random.IntN(len(old))
			return set(at.path, strings.ToValidUTF8(old[:i]+old[i+1:], ""))
		}
	}
	return set(at.path, pick(m, words))
}

var quantities = []any{
	"0", "1", "-1", "100m", "1.5", "0.5", "1Gi", "1Ki", "1K", "1k", "1GB", "1gi", "Gi", "", "1e3", "1E3", "1.5.5", " 1", "1 Gi", "+1", ".5", "5.", "1n",
	"0.0001", "9223372036854775808", "100000000000Gi", "1u", "1_000", "10Mi", "500Mi", number(1), number(0), number(-1), json.Number("0.1"), "2Mi", "1M",
}

func (m *mutator) quantity(at place) (edit, bool) {
	if at.of == nil || !strings.HasSuffix(at.of.name, "resource.Quantity") {
		return none()
	}
	return set(at.path, pick(m, quantities))
}

func (m *mutator) repeat(at place) (edit, bool) {
	parent, ok := at.parent.([]any)
	if !ok {
		return none()
	}
	end := under(at.path[:len(at.path)-1], len(parent))
	return edit{Op: "insert", Path: end, Value: at.value}, true
}

// repeatChanged adds an item that differs in one field from another.
func (m *mutator) repeatChanged(at place) (edit, bool) {
	parent, ok := at.parent.([]any)
	item, isMap := at.value.(map[string]any)
	if !ok || !isMap || len(item) < 2 {
		return none()
	}
	changed := clone(item).(map[string]any)
	key := pick(m, sortedKeys(changed))
	switch value := changed[key].(type) {
	case string:
		changed[key] = value + "x"
	case json.Number:
		number_, _ := value.Int64()
		changed[key] = number(number_ + 1)
	default:
		delete(changed, key)
	}
	end := under(at.path[:len(at.path)-1], len(parent))
	return edit{Op: "insert", Path: end, Value: changed}, true
}

func (m *mutator) swapEnum(at place) (edit, bool) {
	if at.of == nil || len(at.of.Enum) == 0 {
		return none()
	}
	value := pick(m, at.of.Enum)
	if text, ok := value.(string); ok && m.random.IntN(8) == 0 {
		value = pick(m, []string{strings.ToLower(text), strings.ToUpper(text), text + "x"})
	}
	return set(at.path, value)
}

// inside picks the map that a place is or, of a field, stands in.
func inside(at place) (map[string]any, *schema, []any) {
	if value, ok := at.value.(map[string]any); ok {
		return value, at.of, at.path
	}
	if value, ok := at.parent.(map[string]any); ok {
		return value, at.holder, at.path[:len(at.path)-1]
	}
	return nil, nil, nil
}

// graftField adds a field that another map of the same type has.
func (m *mutator) graftField(at place) (edit, bool) {
	into, of, path := inside(at)
	if of == nil || len(m.fieldsOf[of]) == 0 {
		return none()
	}
	key := pick(m, m.fieldsOf[of])
	if _, there := into[key]; there {
		return none()
	}
	return set(under(path, key), pick(m, m.seen[slot{of, key}]))
}

// graftValue replaces a value by one that the same field has elsewhere.
func (m *mutator) graftValue(at place) (edit, bool) {
	key, ok := at.key()
	if !ok || at.holder == nil {
		return none()
	}
	return set(at.path, pick(m, m.seen[slot{at.holder, key}]))
}

// newField adds a field that the type has, with a value made up for it.
func (m *mutator) newField(at place) (edit, bool) {
	into, of, path := inside(at)
	if of == nil || len(of.Properties) == 0 {
		return none()
	}
	key := pick(m, of.keys())
	if _, there := into[key]; there {
		return none()
	}
	return set(under(path, key), m.invent(of, key, 0))
}

func (m *mutator) invent(holder *schema, key string, depth int) any {
	if values := m.seen[slot{holder, key}]; len(values) > 0 && m.random.IntN(2) == 0 {
		return pick(m, values)
	}
	of := m.kinds.field(holder, key)
	return m.value(of, key, depth)
}

func (m *mutator) value(of *schema, key string, depth int) any {
	switch {
	case of == nil:
		return "a"
	case len(of.Enum) > 0:
		return pick(m, of.Enum)
	case strings.HasSuffix(of.name, "resource.Quantity"):
		return pick(m, quantities)
	case of.IntOrString || of.Format == "int-or-string":
		return pick(m, []any{number(pick(m, numbers)), "http", "25%"})
	case of.Format == "date-time":
		return "2026-01-31T12:00:00Z"
	case of.Format == "byte":
		return "YQ=="
	}
	switch of.Type {
	case "boolean":
		return m.random.IntN(2) == 0
	case "integer", "number":
		return number(pick(m, numbers))
	case "string":
		var known []any
		for _, value := range m.byKey[key] {
			if text, ok := value.(string); ok {
				known = append(known, text)
			}
		}
		if len(known) > 0 && m.random.IntN(3) > 0 {
			return pick(m, known)
		}
		return pick(m, words)
	case "array":
		out := []any{}
		for range m.random.IntN(3) {
			if depth < 4 {
				out = append(out, m.value(m.kinds.resolve(of.Items), key, depth+1))
			}
		}
		return out
	case "object":
		out := map[string]any{}
		if inner := m.kinds.resolve(of.value()); inner != nil {
			out["a"] = m.value(inner, "a", depth+1)
		}
		for _, key := range of.keys() {
			wanted := slices.Contains(of.Required, key) && m.random.IntN(10) > 0
			if wanted || depth < 3 && m.random.IntN(3) == 0 {
				out[key] = m.invent(of, key, depth+1)
			}
		}
		return out
	}
	return "a"
}

// strangeField adds a field that belongs elsewhere.
func (m *mutator) strangeField(at place) (edit, bool) {
	into, _, path := inside(at)
	if into == nil {
		return none()
	}
	key := pick(m, m.keys)
	if m.random.IntN(4) == 0 {
		key = "bogus"
	}
	if _, there := into[key]; there || len(m.byKey[key]) == 0 {
		return none()
	}
	return set(under(path, key), pick(m, m.byKey[key]))
}

// sibling gives a field the value of another field of its map.
func (m *mutator) sibling(at place) (edit, bool) {
	parent, ok := at.parent.(map[string]any)
	if !ok {
		return none()
	}
	return set(at.path, parent[pick(m, sortedKeys(parent))])
}

// renameFree changes a key of a map with free keys, such as labels.
func (m *mutator) renameFree(at place) (edit, bool) {
	if at.holder == nil || len(at.holder.Properties) > 0 {
		return none()
	}
	key, ok := at.key()
	if !ok {
		return none()
	}
	if m.random.IntN(4) == 0 {
		return m.rename(at, pick(m, []string{key + "-", key + "/x", strings.ToUpper(key), strings.Repeat("a", 64), strings.Repeat("a", 254), "example.com/" + key}))
	}
	return m.rename(at, pick(m, words))
}

// insertOdd adds an item that is nothing to a list.
func (m *mutator) insertOdd(at place) (edit, bool) {
	list, ok := at.value.([]any)
	if !ok {
		return none()
	}
	item := pick(m, []any{nil, "", map[string]any{}, "a", number(0)})
	return edit{Op: "insert", Path: under(at.path, len(list)), Value: item}, true
}

package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// valueOperations mostly make another good value of a good one, as people do who change a
// manifest.
var valueOperations = []operation{
	{12, (*mutator).remove},
	{2, (*mutator).null},
	{4, (*mutator).empty},
	{16, (*mutator).nearNumber},
	{8, (*mutator).flip},
	{18, (*mutator).otherText},
	{12, (*mutator).otherAmount},
	{8, (*mutator).sameAmount},
	{10, (*mutator).swapEnum},
	{10, (*mutator).graftField},
	{8, (*mutator).graftValue},
	{20, (*mutator).newField},
	{6, (*mutator).repeatChanged},
	{6, (*mutator).addKey},
	{8, (*mutator).move},
	{3, (*mutator).sibling},
}

func (m *mutator) nearNumber(at place) (edit, bool) {
	old, ok := at.value.(json.Number)
	if !ok {
		return none()
	}
	value, err := old.Int64()
	if err != nil {
		return none()
	}
	return set(at.path, number(pick(m, []int64{value - 1, value + 1, value + 1, value * 2, value / 2, 0, 1})))
}

func (m *mutator) flip(at place) (edit, bool) {
	value, ok := at.value.(bool)
	if !ok {
		return none()
	}
	return set(at.path, !value)
}

// otherText changes a text in a way that most rules for texts allow.
func (m *mutator) otherText(at place) (edit, bool) {
	old, ok := at.value.(string)
	key, _ := at.key()
	if !ok || old == "" || at.of != nil && len(at.of.Enum) > 0 {
		return none()
	}
	others := []string{old + "2", old + "-x", "x" + old}
	for _, value := range m.byKey[key] {
		if value, ok := value.(string); ok && value != old {
			others = append(others, value)
		}
	}
	if strings.HasPrefix(old, "/") {
		others = append(others, old+"/x", "/x")
	}
	return set(at.path, pick(m, others))
}

func (m *mutator) isQuantity(at place) (resource.Quantity, bool) {
	if at.of == nil || !strings.HasSuffix(at.of.name, "resource.Quantity") {
		return resource.Quantity{}, false
	}
	var text string
	switch value := at.value.(type) {
	case string:
		text = value
	case json.Number:
		text = value.String()
	}
	value, err := resource.ParseQuantity(text)
	return value, err == nil
}

func (m *mutator) otherAmount(at place) (edit, bool) {
	value, ok := m.isQuantity(at)
	if !ok {
		return none()
	}
	milli := value.MilliValue()
	return set(at.path, strconv.FormatInt(pick(m, []int64{milli * 2, milli / 2, milli + 1000, milli * 10}), 10)+"m")
}

// sameAmount writes a quantity in another way.
func (m *mutator) sameAmount(at place) (edit, bool) {
	value, ok := m.isQuantity(at)
	if !ok {
		return none()
	}
	ways := []any{strconv.FormatInt(value.MilliValue(), 10) + "m"}
	if whole := value.Value(); whole*1000 == value.MilliValue() {
		ways = append(ways, number(whole), strconv.FormatInt(whole, 10))
		if whole%1024 == 0 {
			ways = append(ways, strconv.FormatInt(whole/1024, 10)+"Ki")
		}
	}
	return set(at.path, pick(m, ways))
}

// addKey adds an entry to a map with free keys.
func (m *mutator) addKey(at place) (edit, bool) {
	into, of, path := inside(at)
	if of == nil || len(of.Properties) > 0 || of.value() == nil || len(into) == 0 {
		return none()
	}
	return set(under(path, "added"), into[pick(m, sortedKeys(into))])
}

// move gives an item of a list another place in it.
func (m *mutator) move(at place) (edit, bool) {
	list, ok := at.value.([]any)
	if !ok || len(list) < 2 {
		return none()
	}
	from, to := m.random.IntN(len(list)), m.random.IntN(len(list))
	rest := slices.Delete(slices.Clone(list), from, from+1)
	return set(at.path, slices.Insert(rest, to, list[from]))
}

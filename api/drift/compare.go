package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/diff"
)

// difference is one fact in which two documents differ.
type difference struct {
	where string // an operation, a parameter, a response, or a property of one of the vendor's schemas
	what  string // the keyword that differs, and the name of our schema where there are several
	how   string // the values, the vendor's first
}

func (d difference) String() string { return d.where + ": " + strings.TrimSpace(d.what+" "+d.how) }

// compare returns the differences between the vendor's document and ours, sorted and without
// duplicates, and the vendor's schemas that operations use. names lists the schemas of our document
// for each schema of the vendor's.
func compare(theirs, ours *openapi3.T, names map[string][]string) ([]difference, map[string]bool, error) {
	flatTheirs, flatOurs := flatten(theirs, names), flatten(ours, names)
	schemas, ourSchemas := flatTheirs.Components.Schemas, flatOurs.Components.Schemas
	used := map[string]bool{}
	for name := range schemas {
		used[name] = true
	}
	flatTheirs.Components, flatOurs.Components = nil, nil

	w := walker{theirs: flatTheirs, ours: flatOurs}
	result, err := diff.Get(diff.NewConfig(), flatTheirs, flatOurs)
	if err != nil {
		return nil, nil, fmt.Errorf("compare the operations: %w", err)
	}
	if err := w.add("", "", result); err != nil {
		return nil, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		for _, ourName := range names[name] {
			theirSchema, ourSchema := schemas[name], ourSchemas[ourName]
			if theirSchema == nil {
				continue // no operation uses it; a difference of the operations or of another schema reports that
			}
			if ourSchema == nil {
				return nil, nil, fmt.Errorf("compare %s: contacts.yaml has no schema %s that an operation uses", name, ourName)
			}
			result, err := diff.Get(diff.NewConfig(), wrap(theirSchema), wrap(ourSchema))
			if err != nil {
				return nil, nil, fmt.Errorf("compare %s with %s: %w", name, ourName, err)
			}
			suffix := ""
			if len(names[name]) > 1 {
				suffix = " in " + ourName
			}
			if err := w.add(name, suffix, result); err != nil {
				return nil, nil, err
			}
		}
	}
	slices.SortFunc(w.found, func(a, b difference) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(w.found), used, nil
}

// wrap returns a document that consists of one schema.
func wrap(schema *openapi3.SchemaRef) *openapi3.T {
	return &openapi3.T{
		OpenAPI:    "3.0.3",
		Info:       &openapi3.Info{Title: "flat", Version: "1"},
		Paths:      openapi3.NewPaths(),
		Components: &openapi3.Components{Schemas: openapi3.Schemas{"": schema}},
	}
}

// walker converts the tree that oasdiff returns to a list of differences. It reads the tree as
// JSON, in which every keyword has one of three forms: {from, to}, {added, deleted, modified}, and
// true.
type walker struct {
	theirs, ours *openapi3.T
	suffix       string // " in " and the name of our schema if there are several; otherwise empty
	found        []difference
}

// add adds the differences in the result of a comparison. The argument schema is the vendor's
// schema that was compared; it is empty for the operations.
func (w *walker) add(schema, suffix string, result *diff.Diff) error {
	if result != nil {
		result.EndpointsDiff = nil // the same as the paths, in a form that cannot be encoded
	}
	encoded, err := json.Marshal(result) //nolint:staticcheck // the field that cannot be encoded is nil
	if err != nil {
		return fmt.Errorf("encode the differences: %w", err)
	}
	var tree map[string]any
	if err := json.Unmarshal(encoded, &tree); err != nil {
		return fmt.Errorf("decode the differences: %w", err)
	}
	w.suffix = suffix
	w.walk(schema, "", tree)
	return nil
}

// transparent are the keys of oasdiff's tree that are not printed.
var transparent = map[string]bool{
	"components": true, "schemas": true, "modified": true, "paths": true, "operations": true, "properties": true,
	"parameters": true, "schema": true, "content": true, "": true,
}

// walk adds the differences below a node of the tree. The argument where is the place of the node,
// and what are the keywords on the path to it.
func (w *walker) walk(where, what string, node any) {
	fields, ok := node.(map[string]any)
	if !ok {
		if node == true {
			w.presence(where, what)
		}
		return
	}
	if from, isChange := fields["from"]; isChange {
		w.report(where, what, fmt.Sprintf("%s, ours %s", show(from), show(fields["to"])))
		return
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		switch value := fields[key]; key {
		case "added", "deleted":
			w.elements(where, what, key, value)
		case "modified":
			children, _ := value.(map[string]any)
			for _, name := range slices.Sorted(maps.Keys(children)) {
				w.walk(join(where, name), what, children[name])
			}
		case "listOfTypes", "oneOfWrapping", "nullableWrapping":
			// Interpretations of differences that are reported anyway.
		case "properties", "operations", "paths", "parameters", "responses", "headers", "content":
			w.children(where, what, key, value)
		default:
			next := what
			if !transparent[key] {
				next = strings.TrimSpace(what + " " + keyword(key))
			}
			w.walk(where, next, value)
		}
	}
}

// children walks a part of the tree whose entries have names.
func (w *walker) children(where, what, key string, node any) {
	fields, _ := node.(map[string]any)
	for _, side := range slices.Sorted(maps.Keys(fields)) {
		value := fields[side]
		if side != "modified" {
			w.names(where, what, key, side, value)
			continue
		}
		entries, _ := value.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			switch key {
			case "operations": // of a path
				w.walk(name+" "+where, what, entries[name])
			case "properties":
				w.walk(where+"."+name, what, entries[name])
			case "parameters": // by location, then by name
				byName, _ := entries[name].(map[string]any)
				for _, parameter := range slices.Sorted(maps.Keys(byName)) {
					w.walk(join(where, name+" parameter "+parameter), what, byName[parameter])
				}
			case "content", "paths":
				w.walk(join(where, strings.TrimPrefix(name, "application/json")), what, entries[name])
			default:
				w.walk(join(where, strings.TrimSuffix(key, "s")+" "+name), what, entries[name])
			}
		}
	}
}

// names reports the named parts that only one of the documents has.
func (w *walker) names(where, what, key, side string, node any) {
	switch list := node.(type) {
	case map[string]any: // parameters, by location
		for _, location := range slices.Sorted(maps.Keys(list)) {
			w.names(where, what, location+" parameter", side, list[location])
		}
	case []any:
		for _, element := range list {
			name := fmt.Sprint(element)
			switch key {
			case "paths":
				doc := w.ours
				if side == "deleted" {
					doc = w.theirs
				}
				for method := range doc.Paths.Value(name).Operations() {
					w.report(method+" "+name, "operation", only(side))
				}
			case "operations":
				w.report(name+" "+where, "operation", only(side))
			case "properties":
				w.report(where+"."+name, what+" property", only(side))
			default:
				kind := strings.TrimSuffix(key, "s")
				if kind == "response" && strings.HasPrefix(name, "2") {
					w.report(where+" success", "status "+name, only(side))
					continue
				}
				w.report(join(where, kind+" "+name), lastWord(kind), only(side))
			}
		}
	}
}

func lastWord(s string) string { return s[strings.LastIndex(s, " ")+1:] }

// elements reports values that only one of the documents has.
func (w *walker) elements(where, what, side string, node any) {
	list, ok := node.([]any)
	if !ok {
		w.report(where, what, fmt.Sprintf("%s: %s", only(side), show(node)))
		return
	}
	for _, element := range list {
		if name, rest, found := cutLast(what, "required"); found && rest == "" {
			w.report(where+"."+fmt.Sprint(element), strings.TrimSpace(name+" required"), only(side))
			continue
		}
		w.report(where, what, fmt.Sprintf("%s %s", show(element), only(side)))
	}
}

// presence reports a keyword that only one of the documents has, which oasdiff marks with a suffix.
func (w *walker) presence(where, what string) {
	if rest, found := strings.CutSuffix(what, " schemaAdded"); found {
		w.report(where, rest, only("added"))
	}
	if rest, found := strings.CutSuffix(what, " schemaDeleted"); found {
		w.report(where, rest, only("deleted"))
	}
}

func (w *walker) report(where, what, how string) {
	w.found = append(w.found, difference{where, strings.TrimSpace(what) + w.suffix, how})
}

func only(side string) string {
	if side == "added" {
		return "only ours"
	}
	return "only theirs"
}

// keyword returns the OpenAPI keyword for a key of oasdiff's tree.
func keyword(key string) string {
	switch key {
	case "tags": // see flattener.operation
		return "scope"
	case "additionalPropertiesAllowed":
		return "additionalProperties"
	case "min":
		return "minimum"
	case "max":
		return "maximum"
	}
	return key
}

func show(value any) string {
	switch value := value.(type) {
	case nil:
		return "none"
	case string:
		if value == "" {
			return "none"
		}
		return value
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(encoded)
}

func join(where, name string) string { return strings.TrimSpace(where + " " + name) }

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return strings.TrimSpace(s[:i]), s[i+len(sep):], true
	}
	return s, "", false
}

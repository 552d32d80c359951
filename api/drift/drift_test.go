package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain lets tests run this binary as the program.
func TestMain(m *testing.M) {
	if os.Getenv("DRIFT_TEST_PROGRAM") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// document is the vendor's document as JSON.
type document map[string]any

func vendorDocument(t *testing.T) document {
	t.Helper()
	content, err := os.ReadFile("testdata/contacts.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(content, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// at returns the object at a path of keys.
func (d document) at(t *testing.T, keys ...string) map[string]any {
	t.Helper()
	node := map[string]any(d)
	for _, key := range keys {
		next, ok := node[key].(map[string]any)
		if !ok {
			t.Fatalf("the document has no object %q in %v", key, keys)
		}
		node = next
	}
	return node
}

func (d document) schema(t *testing.T, name string) map[string]any {
	t.Helper()
	return d.at(t, "components", "schemas", name)
}

func (d document) property(t *testing.T, schema, name string) map[string]any {
	t.Helper()
	return d.at(t, "components", "schemas", schema, "properties", name)
}

func (d document) write(t *testing.T) string {
	t.Helper()
	content, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "contacts.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// vendorChanges are ten changes that a vendor makes to a document, and the line for each.
var vendorChanges = []struct {
	name   string
	change func(*testing.T, document)
	want   string
}{
	{
		name: "property added to a request",
		change: func(t *testing.T, d document) {
			d.at(t, "components", "schemas", "UpdateContactDto", "properties")["nickname"] = map[string]any{"type": "string"}
		},
		want: "UpdateContactDto.nickname: property only theirs",
	},
	{
		name: "property added to a response, with a new schema",
		change: func(t *testing.T, d document) {
			d.at(t, "components", "schemas")["Score"] = map[string]any{
				"type": "object", "properties": map[string]any{"value": map[string]any{"type": "number"}},
			}
			d.at(t, "components", "schemas", "GetContectByIdSchema", "properties")["score"] = map[string]any{"$ref": "#/components/schemas/Score"}
		},
		want: "GetContectByIdSchema.score: property only theirs",
	},
	{
		name: "property removed",
		change: func(t *testing.T, d document) {
			delete(d.at(t, "components", "schemas", "GetContectByIdSchema", "properties"), "ssn")
		},
		want: "GetContectByIdSchema.ssn: property only ours",
	},
	{
		name: "property added that our document has from another schema",
		change: func(t *testing.T, d document) {
			d.at(t, "components", "schemas", "ContactsSearchSchema", "properties")["city"] = map[string]any{"type": "string"}
		},
		want: "ContactsSearchSchema.city: no longer property only ours (A3)",
	},
	{
		name: "type changed",
		change: func(t *testing.T, d document) {
			property := d.property(t, "CreateContactDto", "tags")
			delete(property, "items")
			property["type"] = "string"
		},
		want: "CreateContactDto.tags: items only ours; type array only ours; type string only theirs",
	},
	{
		name: "type corrected",
		change: func(t *testing.T, d document) {
			d.property(t, "UpsertContactDto", "dateOfBirth")["type"] = "string"
		},
		want: "UpsertContactDto.dateOfBirth: no longer type object only theirs (R3); no longer type string only ours (R3)",
	},
	{
		name: "enumeration value added to a schema that many operations use",
		change: func(t *testing.T, d document) {
			status := d.property(t, "DndSettingSchema", "status")
			status["enum"] = append(status["enum"].([]any), "snoozed") //nolint:forcetypeassert // in a test
		},
		want: "DndSettingSchema.status: enum in DNDSetting snoozed only theirs; enum in DNDSettingInput snoozed only theirs",
	},
	{
		name: "enumeration value removed",
		change: func(t *testing.T, d document) {
			d.property(t, "InboundDndSettingSchema", "status")["enum"] = []any{"active"}
		},
		want: "InboundDndSettingSchema.status: enum in InboundDNDSettingInput inactive only ours; " +
			"no longer enum in InboundDNDSetting inactive only theirs (A14)",
	},
	{
		name: "operation added",
		change: func(t *testing.T, d document) {
			d.at(t, "paths")["/contacts/{contactId}/merge"] = map[string]any{"post": map[string]any{
				"operationId": "merge-contact",
				"responses":   map[string]any{"200": map[string]any{"description": "Merged"}},
			}}
		},
		want: "POST /contacts/{contactId}/merge: operation only theirs",
	},
	{
		name: "operation removed",
		change: func(t *testing.T, d document) {
			delete(d.at(t, "paths", "/contacts/{contactId}"), "delete")
		},
		want: "DELETE /contacts/{contactId}: operation only ours",
	},
}

func runDrift(t *testing.T, vendor string) ([]string, error) {
	t.Helper()
	var out strings.Builder
	err := run([]string{"-ours", "../contacts.yaml", "-known", "../differences.yaml", vendor}, &out)
	if out.Len() == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"), err
}

// Our document must differ from the vendor's exactly as differences.yaml says.
func TestRun_UnchangedDocument_NoDrift(t *testing.T) {
	lines, err := runDrift(t, "testdata/contacts.json")
	if err != nil || len(lines) > 0 {
		t.Errorf("got error %v and these lines, want none; list each in differences.yaml:\n%s", err, strings.Join(lines, "\n"))
	}
}

func TestRun_EachChange_OneLine(t *testing.T) {
	for _, test := range vendorChanges {
		t.Run(test.name, func(t *testing.T) {
			doc := vendorDocument(t)
			test.change(t, doc)
			lines, err := runDrift(t, doc.write(t))
			if !errors.Is(err, errDrift) || !slices.Equal(lines, []string{test.want}) {
				t.Errorf("got error %v and\n%s\nwant errDrift and\n%s", err, strings.Join(lines, "\n"), test.want)
			}
		})
	}
}

func TestMain_TenChanges_TenLinesAndExitStatus1(t *testing.T) {
	doc := vendorDocument(t)
	var want []string
	for _, test := range vendorChanges {
		test.change(t, doc)
		want = append(want, test.want)
	}
	slices.Sort(want)

	program := exec.CommandContext(t.Context(), os.Args[0], doc.write(t))
	program.Env = append(os.Environ(), "DRIFT_TEST_PROGRAM=1")
	output, err := program.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("got %v, want exit status 1", err)
	}
	if got := strings.Split(strings.TrimSpace(string(output)), "\n"); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// More changes that are one line each: parameters, responses, scopes, and references into another
// file.
func TestRun_ChangedOperation_OneLine(t *testing.T) {
	list := []string{"paths", "/contacts/", "get"}
	for _, test := range []struct {
		name   string
		change func(*testing.T, document)
		want   []string
	}{
		{
			name: "parameter added",
			change: func(t *testing.T, d document) {
				operation := d.at(t, list...)
				operation["parameters"] = append(operation["parameters"].([]any), map[string]any{ //nolint:forcetypeassert // in a test
					"name": "sort", "in": "query", "schema": map[string]any{"type": "string"},
				})
			},
			want: []string{"GET /contacts/ query parameter sort: parameter only theirs"},
		},
		{
			name: "status of success changed",
			change: func(t *testing.T, d document) {
				responses := d.at(t, "paths", "/contacts/", "post", "responses")
				responses["200"] = responses["201"]
				delete(responses, "201")
			},
			want: []string{"POST /contacts/ success: status 200 only theirs; no longer status 201 only theirs (A1)"},
		},
		{
			name: "error response added that our document has",
			change: func(t *testing.T, d document) {
				d.at(t, append(list, "responses")...)["403"] = map[string]any{"description": "Forbidden"}
			},
			want: []string{"GET /contacts/ response 403: no longer response only ours (E8)"},
		},
		{
			name: "scope changed",
			change: func(t *testing.T, d document) {
				d.at(t, list...)["security"] = []any{map[string]any{"bearer": []any{"contacts.list"}}}
			},
			want: []string{"GET /contacts/: scope contacts.list only theirs; scope contacts.readonly only ours"},
		},
		{
			name: "property became required",
			change: func(t *testing.T, d document) {
				schema := d.schema(t, "CreateContactDto")
				required, _ := schema["required"].([]any)
				schema["required"] = append(required, "email")
			},
			want: []string{"CreateContactDto.email: required only theirs"},
		},
		{
			name: "texts changed",
			change: func(t *testing.T, d document) {
				d.at(t, list...)["description"] = "another text"
				d.property(t, "CreateContactDto", "email")["description"] = "another text"
				d.property(t, "CreateContactDto", "email")["example"] = "other@example.com"
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := vendorDocument(t)
			test.change(t, doc)
			if lines, _ := runDrift(t, doc.write(t)); !slices.Equal(lines, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// The vendor's schemas of errors are in another file, and the vendor's document has more operations
// than ours.
func TestRun_OtherFileAndOtherOperations_NoDrift(t *testing.T) {
	doc := vendorDocument(t)
	schemas := doc.at(t, "components", "schemas")
	dir := t.TempDir()
	common := map[string]any{"openapi": "3.0.0", "info": map[string]any{"title": "Common", "version": "1"}, "paths": map[string]any{}}
	moved := map[string]any{}
	for _, name := range []string{"BadRequestDTO", "UnauthorizedDTO", "UnprocessableDTO"} {
		moved[name] = schemas[name]
		delete(schemas, name)
	}
	common["components"] = map[string]any{"schemas": moved}
	doc.at(t, "paths")["/contacts/search"] = map[string]any{"post": map[string]any{
		"responses": map[string]any{"200": map[string]any{"description": "Found"}},
	}}

	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	for name := range moved {
		text = []byte(strings.ReplaceAll(string(text), "#/components/schemas/"+name, "../common/schemas.json#/components/schemas/"+name))
	}
	commonText, err := json.Marshal(common)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"apps/contacts.json": text, "common/schemas.json": commonText} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if lines, err := runDrift(t, filepath.Join(dir, "apps", "contacts.json")); err != nil || len(lines) > 0 {
		t.Errorf("got error %v and\n%s\nwant no line", err, strings.Join(lines, "\n"))
	}
}

func TestRun_InvalidArguments(t *testing.T) {
	for name, args := range map[string][]string{
		"no document":      {},
		"missing document": {"testdata/missing.json"},
		"missing known":    {"-known", "missing.yaml", "testdata/contacts.json"},
		"unknown flag":     {"-other"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := run(args, &strings.Builder{}); err == nil || errors.Is(err, errDrift) {
				t.Errorf("got %v, want an error", err)
			}
		})
	}
}

func TestRun_Notes_AreUpToDate(t *testing.T) {
	if err := run([]string{"-notes", "../NOTES.md", "-check"}, &strings.Builder{}); err != nil {
		t.Error(err)
	}
}

func TestRun_Check_ChangedTable(t *testing.T) {
	page, err := os.ReadFile("../NOTES.md")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "NOTES.md")
	changed := strings.Replace(string(page), "| D9 |", "| D99 |", 1)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-notes", file, "-check"}, &strings.Builder{}); err == nil {
		t.Error("got no error for a page with a changed table")
	}
	if err := run([]string{"-notes", file}, &strings.Builder{}); err != nil {
		t.Fatal(err)
	}
	if written, err := os.ReadFile(file); err != nil || string(written) != string(page) {
		t.Errorf("the page was not restored: error %v", err)
	}
}

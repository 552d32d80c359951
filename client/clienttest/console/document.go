package console

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed document.html
var documentHTML string

var documentTemplate = template.Must(template.New("document").Funcs(template.FuncMap{
	"prose": prose,
	"css":   func() template.CSS { return template.CSS(styleCSS) }, //nolint:gosec // a constant of this package
}).Parse(documentHTML))

// document is an OpenAPI document as a person reads it.
type document struct {
	Title, Version, Description string
	Operations                  []operation
	Schemas                     []schema
}

type operation struct {
	ID, Method, Path, Summary, Description, Link string
	Scopes                                       []string
	Parameters                                   []member
	Request                                      string // name of the schema
	Answers                                      []answer
}

type answer struct {
	Status, Description, Schema string
	Examples                    []example
}

type example struct{ Name, Summary, JSON string }

type schema struct {
	Name, Description string
	Members           []member
}

type member struct {
	Name, In, Type, Schema, Description string
	Required                            bool
}

// renderDocument returns an OpenAPI document as a page.
func renderDocument(yaml []byte) ([]byte, error) {
	doc, err := openapi3.NewLoader().LoadFromData(yaml)
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	d := document{Title: doc.Info.Title, Version: doc.Info.Version, Description: doc.Info.Description}
	paths := doc.Paths.Map()
	for _, path := range doc.Paths.InMatchingOrder() {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			if o := paths[path].Operations()[method]; o != nil {
				d.Operations = append(d.Operations, newOperation(path, method, paths[path], o))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		d.Schemas = append(d.Schemas, newSchema(name, doc.Components.Schemas[name].Value))
	}
	var page bytes.Buffer
	err = documentTemplate.Execute(&page, d)
	return page.Bytes(), err
}

func newOperation(path, method string, item *openapi3.PathItem, o *openapi3.Operation) operation {
	read := operation{ID: o.OperationID, Method: method, Path: path, Summary: o.Summary, Description: o.Description}
	if o.ExternalDocs != nil {
		read.Link = o.ExternalDocs.URL
	}
	if o.Security != nil {
		for _, requirement := range *o.Security {
			for _, scopes := range requirement {
				read.Scopes = append(read.Scopes, scopes...)
			}
		}
	}
	for _, p := range slices.Concat(item.Parameters, o.Parameters) {
		m := newMember(p.Value.Name, p.Value.Schema, p.Value.Required)
		m.In, m.Description = p.Value.In, sentence(p.Value.Description)
		read.Parameters = append(read.Parameters, m)
	}
	if o.RequestBody != nil {
		if body := o.RequestBody.Value.Content.Get("application/json"); body != nil {
			read.Request = schemaName(body.Schema)
		}
	}
	responses := o.Responses.Map()
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		read.Answers = append(read.Answers, newAnswer(status, responses[status].Value))
	}
	return read
}

func newAnswer(status string, response *openapi3.Response) answer {
	read := answer{Status: status}
	if response.Description != nil {
		read.Description = *response.Description
	}
	body := response.Content.Get("application/json")
	if body == nil {
		return read
	}
	read.Schema = schemaName(body.Schema)
	for _, name := range slices.Sorted(maps.Keys(body.Examples)) {
		one := body.Examples[name].Value
		text, err := json.MarshalIndent(one.Value, "", "  ")
		if err != nil {
			continue // what was read from YAML always encodes
		}
		read.Examples = append(read.Examples, example{name, one.Summary, string(text)})
	}
	return read
}

func newSchema(name string, s *openapi3.Schema) schema {
	read := schema{Name: name, Description: sentence(s.Description)}
	for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
		read.Members = append(read.Members, newMember(property, s.Properties[property], slices.Contains(s.Required, property)))
	}
	return read
}

func newMember(name string, ref *openapi3.SchemaRef, required bool) member {
	return member{Name: name, Type: typeName(ref), Schema: schemaName(ref), Description: sentence(ref.Value.Description), Required: required}
}

// typeName is a type in a word or two, such as "list of string or null".
func typeName(ref *openapi3.SchemaRef) string {
	s := ref.Value
	name := "any"
	switch {
	case s.Type.Is("array"):
		name = "list of " + typeName(s.Items)
	case schemaName(ref) != "":
		name = schemaName(ref)
	case s.Type != nil:
		name = strings.Join(s.Type.Slice(), " or ")
	}
	if s.Format != "" {
		name += " (" + s.Format + ")"
	}
	if s.Nullable {
		name += " or null"
	}
	return name
}

// schemaName is the name of the schema that a reference, or a list's element, leads to.
func schemaName(ref *openapi3.SchemaRef) string {
	if ref == nil {
		return ""
	}
	if name, ok := strings.CutPrefix(ref.Ref, "#/components/schemas/"); ok {
		return name
	}
	if ref.Value != nil && ref.Value.Type.Is("array") {
		return schemaName(ref.Value.Items)
	}
	return ""
}

// sentence makes a sentence of a description, which in the document is a predicate.
func sentence(predicate string) string {
	predicate = strings.TrimSpace(predicate)
	if predicate == "" {
		return ""
	}
	return strings.ToUpper(predicate[:1]) + predicate[1:]
}

// prose makes paragraphs of a description, with what stands in backquotes as code.
func prose(text string) template.HTML {
	var page strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		page.WriteString("<p>")
		for i, part := range strings.Split(paragraph, "`") {
			part = template.HTMLEscapeString(part)
			if i%2 == 1 {
				part = "<code>" + part + "</code>"
			}
			page.WriteString(part)
		}
		page.WriteString("</p>")
	}
	return template.HTML(page.String()) //nolint:gosec // escaped above
}

package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// customPrefix begins the name of a column or a field that is a custom field.
const customPrefix = "custom:"

// column is a column of a file and what it is imported as: a property, a custom field, or nothing.
type column struct {
	index    int // of its cells
	name     string
	property *property
	custom   client.CustomFieldDefinition
}

// target identifies what the column is imported as; "" is nothing.
func (c *column) target() string {
	switch {
	case c.custom.ID != "":
		return customPrefix + c.custom.ID
	case c.property != nil && c.property.set != nil:
		return c.property.name
	}
	return ""
}

var errUnknownColumn = errors.New("neither a property nor a custom field")

// resolve sets the property or the custom field that a name means.
func (c *column) resolve(name string, definitions client.CustomFieldDefinitions) error {
	if name == "-" {
		return nil
	}
	custom, isCustom := strings.CutPrefix(name, customPrefix)
	found, isExact := findProperty(name)
	if isCustom {
		found, name = nil, custom
	}
	if isExact {
		c.property = found
		return nil
	}
	fields := findFields(name, definitions)
	switch {
	case len(fields) == 0 && found == nil:
		return errUnknownColumn
	case len(fields) == 0:
		c.property = found
	case len(fields) == 1 && found == nil:
		c.custom = fields[0]
	case found != nil:
		return fmt.Errorf("ambiguous: the property %s, or a custom field", found.name)
	default:
		return errors.New("ambiguous: several custom fields have this name")
	}
	return nil
}

// findFields returns the custom fields with an ID, key or name.
func findFields(name string, definitions client.CustomFieldDefinitions) client.CustomFieldDefinitions {
	var found client.CustomFieldDefinitions
	for _, def := range definitions {
		if name != "" && (def.ID == name || def.Key == name || def.Key == "contact."+name || strings.EqualFold(trim(def.Name), name)) {
			found = append(found, def)
		}
	}
	return found
}

// columnName returns the name of the column of a custom field in an export, from which an import
// finds the field.
func columnName(def client.CustomFieldDefinition, definitions client.CustomFieldDefinitions) string {
	var c column
	name := trim(def.Name)
	if c.resolve(name, definitions) == nil && c.custom.ID == def.ID && checkCell(name) == nil && !strings.ContainsAny(name, "\r\n") {
		return name
	}
	return customPrefix + def.ID
}

// parseColumns returns the columns that a header names, and the names of the columns that are not
// imported. The mappings have the form NAME=TARGET or #NUMBER=TARGET.
func parseColumns(header, mappings []string, definitions client.CustomFieldDefinitions, mode string) (columns []column, ignored []string, err error) {
	if slices.ContainsFunc(header, isValue) {
		return nil, nil, errors.New("the first line contains values: it must name the columns")
	}
	mapped, err := parseMappings(mappings, header)
	if err != nil {
		return nil, nil, err
	}
	var problems []error
	used := map[string]string{} // names of columns by target
	for i, name := range header {
		c := column{index: i, name: cmp.Or(name, fmt.Sprintf("#%d", i+1))}
		target, ok := mapped[i]
		err := c.resolve(cmp.Or(target, name), definitions)
		other, isUsed := used[c.target()]
		switch {
		case name == "" && !ok:
			err = errors.New("the header is empty")
		case err == nil && isUsed:
			err = fmt.Errorf("column %q is imported as %s too", other, c.target())
		case c.target() == "gender" && mode == modeUpdate:
			err = errors.New("the API does not change the gender of a contact")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("column %d, %q: %w", i+1, name, err))
			continue
		}
		if c.target() == "" || c.custom.DataType == "TEXTBOX_LIST" || c.target() == "id" && mode != modeUpdate {
			ignored = append(ignored, c.name)
			continue
		}
		columns = append(columns, c)
		used[c.target()] = c.name
	}
	if full := used["name"]; full != "" && used["firstName"]+used["lastName"] != "" {
		problems = append(problems, fmt.Errorf("column %q: the first and last name have columns too", full))
	}
	if problems != nil {
		return nil, nil, fmt.Errorf("the header:\n%w\n"+
			"name a property or a custom field with --map 'COLUMN=TARGET', or ignore a column with --map 'COLUMN=-'; "+
			"COLUMN can be a number, such as #3, and TARGET a custom field, such as custom:KEY", errors.Join(problems...))
	}
	// The country of a row determines how its phone number is read.
	slices.SortStableFunc(columns, func(a, b column) int {
		return cmp.Compare(boolInt(a.target() != "country"), boolInt(b.target() != "country"))
	})
	return columns, ignored, nil
}

// isValue reports whether a name of a column is an email address or a phone number, which no error
// may contain.
func isValue(name string) bool {
	_, err := parseEmail(name)
	return err == nil || len(normalName(name)) >= 7 && strings.Trim(name, "0123456789+-./() ") == ""
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// parseMappings returns the targets by the index of the column.
func parseMappings(mappings, header []string) (map[int]string, error) {
	mapped := map[int]string{}
	for _, mapping := range mappings {
		at := strings.LastIndex(mapping, "=")
		if at < 0 || trim(mapping[at+1:]) == "" {
			return nil, fmt.Errorf("--map %q: want COLUMN=TARGET", mapping)
		}
		name := trim(mapping[:at])
		index, number := slices.Index(header, name), 0
		if digits, ok := strings.CutPrefix(name, "#"); ok && index < 0 {
			number, _ = strconv.Atoi(digits) // 0 is not a column
			index = number - 1
		}
		switch {
		case index < 0 || index >= len(header):
			return nil, fmt.Errorf("--map %q: the file has no such column", mapping)
		case number == 0 && slices.Contains(header[index+1:], name):
			return nil, fmt.Errorf("--map %q: the file has several columns of this name: use a number, such as #%d", mapping, index+1)
		}
		mapped[index] = trim(mapping[at+1:])
	}
	return mapped, nil
}

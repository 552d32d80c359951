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

// column is a column of a file that is imported.
type column struct {
	property

	index  int // of its cells
	header string
}

// ignore is the target of a column that is not imported.
const ignore = "-"

// parseColumns returns the columns that a header names, and the names of the columns that are not
// imported. The mappings have the form NAME=TARGET or #NUMBER=TARGET.
func parseColumns(header, mappings []string, definitions client.CustomFieldDefinitions, mode string) (columns []column, ignored []string, err error) {
	if slices.ContainsFunc(header, isValue) {
		return nil, nil, errors.New("the first line contains values: it must name the columns")
	}
	targets, err := parseMappings(mappings, header)
	if err != nil {
		return nil, nil, err
	}
	var problems []error
	used := map[string]string{} // names of columns by property
	for i, name := range header {
		c, target := column{index: i, header: cmp.Or(name, fmt.Sprintf("#%d", i+1))}, cmp.Or(targets[i], name)
		var err error
		if target != ignore {
			c.property, err = findProperty(target, definitions)
		}
		isImported := c.write != nil && (c.name != "id" || mode == modeUpdate)
		switch {
		case target == "":
			err = errors.New("the header is empty")
		case err != nil:
		case isImported && used[c.name] != "":
			err = fmt.Errorf("column %q is imported as %s too", used[c.name], c.name)
		case c.name == "gender" && mode == modeUpdate:
			err = errors.New("the API does not change the gender of a contact")
		case isImported:
			columns, used[c.name] = append(columns, c), c.header
		default:
			ignored = append(ignored, c.header)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("column %d, %q: %w", i+1, name, err))
		}
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
	if i := slices.IndexFunc(columns, func(c column) bool { return c.name == "country" }); i > 0 {
		columns[0], columns[i] = columns[i], columns[0]
	}
	return columns, ignored, nil
}

// isValue reports whether a name of a column is an email address or a phone number, which no error
// may contain.
func isValue(name string) bool {
	_, err := (*row).email(nil, name)
	return err == nil || len(normalName(name)) >= 7 && strings.Trim(name, "0123456789+-./() ") == ""
}

// parseMappings returns the targets by the index of the column.
func parseMappings(mappings, header []string) (map[int]string, error) {
	targets := map[int]string{}
	for _, mapping := range mappings {
		at := strings.LastIndex(mapping, "=")
		if at < 0 || trim(mapping[at+1:]) == "" {
			return nil, fmt.Errorf("--map %q: want COLUMN=TARGET", mapping)
		}
		name := trim(mapping[:at])
		index := slices.Index(header, name)
		if digits, ok := strings.CutPrefix(name, "#"); ok && index < 0 {
			number, _ := strconv.Atoi(digits) // 0 is not a column
			index = number - 1
		} else if index >= 0 && slices.Contains(header[index+1:], name) {
			return nil, fmt.Errorf("--map %q: the file has several columns of this name: use a number, such as #%d", mapping, index+1)
		}
		if index < 0 || index >= len(header) {
			return nil, fmt.Errorf("--map %q: the file has no such column", mapping)
		}
		targets[index] = trim(mapping[at+1:])
	}
	return targets, nil
}

package main

import (
	"math"
	"time"
)

func isInteger(value any) bool {
	number, ok := value.(float64)
	return ok && number == math.Trunc(number)
}

func isString(value any) bool {
	_, ok := value.(string)
	return ok
}

func isIntegerOrString(value any) bool { return isInteger(value) || isString(value) }
func isIntegerOrEmpty(value any) bool  { return isInteger(value) || value == "" }

func isTime(value any) bool {
	text, _ := value.(string)
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

func isDate(value any) bool {
	text, _ := value.(string)
	_, err := time.Parse(time.DateOnly, text)
	return err == nil || isTime(value)
}

// typeOf returns the JSON type of a decoded value.
func typeOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null or missing"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		if isInteger(value) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

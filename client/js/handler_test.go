package js

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHandler(t *testing.T) {
	h := Handler()
	first := httptest.NewRecorder()
	h.ServeHTTP(first, httptest.NewRequest("GET", "/peerage.js", nil))
	if first.Code != 200 || !strings.HasPrefix(first.Header().Get("Content-Type"), "text/javascript") || !strings.Contains(first.Body.String(), "export {") {
		t.Fatalf("%d %v, %d bytes", first.Code, first.Header(), first.Body.Len())
	}
	again := httptest.NewRequest("GET", "/peerage.js", nil)
	again.Header.Set("If-None-Match", first.Header().Get("ETag"))
	second := httptest.NewRecorder()
	h.ServeHTTP(second, again)
	if second.Code != 304 || second.Body.Len() != 0 {
		t.Errorf("what the browser has is sent again: %d, %d bytes", second.Code, second.Body.Len())
	}
}

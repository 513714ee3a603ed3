// Generated from src/operate/*/shapes.ts by `npm run generate`. Do not edit.

import type { RequestSchemas } from './request-schemas.js';

export const REQUESTS: RequestSchemas = {
  "session": {
    "role": "read"
  },
  "signIn": {
    "role": "none",
    "body": {
      "anyOf": [
        {
          "type": "object",
          "required": [
            "token"
          ],
          "properties": {
            "token": {
              "type": "string"
            }
          },
          "additionalProperties": false
        },
        {
          "type": "object",
          "required": [
            "link"
          ],
          "properties": {
            "link": {
              "type": "string"
            }
          },
          "additionalProperties": false
        }
      ]
    }
  },
  "signOut": {
    "role": "read"
  },
  "signInLink": {
    "role": "read"
  },
  "samples": {
    "role": "read"
  },
  "tester": {
    "role": "read",
    "body": {
      "type": "object",
      "required": [
        "source",
        "body"
      ],
      "properties": {
        "source": {
          "type": "string",
          "enum": [
            "segment",
            "tracking-api",
            "rudderstack",
            "statsig"
          ]
        },
        "workspace": {
          "type": "string"
        },
        "body": {},
        "settings": {
          "type": "object",
          "additionalProperties": {}
        }
      },
      "additionalProperties": false
    }
  },
  "sendTested": {
    "role": "write",
    "body": {
      "type": "object",
      "required": [
        "source",
        "body"
      ],
      "properties": {
        "source": {
          "type": "string",
          "enum": [
            "segment",
            "tracking-api",
            "rudderstack",
            "statsig"
          ]
        },
        "workspace": {
          "type": "string"
        },
        "body": {}
      },
      "additionalProperties": false
    }
  }
};

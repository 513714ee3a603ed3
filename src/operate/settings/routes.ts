// /api/settings: reads settings, says what an edit would do, writes it, and takes it back.

import type { RouteCode } from '../../http/route.js';
import { createOperatorRoutes, type OperatorApi } from '../api/operator-routes.js';
import type { SettingsDesk } from './desk.js';
import { settingsErrorText } from './settings-refused.js';
import type { SettingsRoutes } from './shapes.js';

/** The routes of settings. Who may only read sees previews, too: they change nothing. */
export function createSettingsRoutes(
  desk: SettingsDesk,
  api: OperatorApi,
): Readonly<Record<keyof SettingsRoutes, RouteCode>> {
  const { settings, previewSettings, saveSettings, settingsHistory, undoSettings } =
    createOperatorRoutes<SettingsRoutes>(api, {
      settings: ({ query }) => desk.read(query.workspace),
      previewSettings: ({ body, asking }) => desk.preview(body, asking.role === 'write'),
      saveSettings: ({ body }) => desk.save(body),
      settingsHistory: ({ query }) => desk.history(query.workspace, query.id),
      undoSettings: ({ body }) => desk.undo(body),
    });
  const errorText = settingsErrorText;
  return {
    settings,
    previewSettings: { ...previewSettings, errorText },
    saveSettings: { ...saveSettings, errorText },
    settingsHistory,
    undoSettings: { ...undoSettings, errorText },
  };
}
